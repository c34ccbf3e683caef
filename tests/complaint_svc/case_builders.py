"""Calendars, terms and instants that the tests of complaint are written with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.complaint_svc.calendars.domain.business_time import CLOSED, Calendar, Opening, Openings
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import Decision, file_case
from services.complaint_svc.deadlines.domain.allowances import Allowance, AllowanceRules, RuleKey
from services.complaint_svc.deadlines.domain.deadlines import Terms

NINE_TO_FIVE = (Opening(9 * 60, 17 * 60),)
NINE_TO_NINE = (Opening(9 * 60, 21 * 60),)
ALWAYS = (Opening(0, 24 * 60),)

CASE = UUID("018f0000-0000-7000-8000-000000000001")
CUSTOMER = UUID("018f0000-0000-7000-8000-0000000000c1")
PROPOSAL = UUID("018f0000-0000-7000-8000-0000000000a1")


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def working_week(openings: Openings = NINE_TO_FIVE, zone: str = "UTC", days: Mapping[date, Openings] = {}) -> Calendar:
    return Calendar(ZoneInfo(zone), (openings,) * 5 + (CLOSED, CLOSED), days)


def daily(openings: Openings, zone: str = "UTC", days: Mapping[date, Openings] = {}) -> Calendar:
    return Calendar(ZoneInfo(zone), (openings,) * 7, days)


def terms(calendar: Calendar | None = None, overrides: Mapping[RuleKey, Allowance] = {}) -> Terms:
    return Terms(calendar or daily(ALWAYS), AllowanceRules(overrides))


def step_request(at: datetime | str, by: str = "agent-1", note: str | None = None) -> StepRequest:
    return StepRequest(utc(at) if isinstance(at, str) else at, by, note)


def filed(at: datetime | str, t: Terms, *, tier: str | None = None, kind: str = "complaint") -> Decision:
    return file_case(CASE, CUSTOMER, kind, "normal", "call", "hardware", tier, step_request(at), t)  # type: ignore[arg-type]


def due(case: Case, stage: str) -> datetime:
    return next(d.due_at for d in case.deadlines if d.stage == stage)
