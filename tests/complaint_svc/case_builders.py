"""Calendars, terms and instants that the tests of complaint are written with."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.complaint_svc.calendars.domain.business_time import CLOSED, Calendar, Opening, Openings
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import Decision, Offer, change_tiers, file_case
from services.complaint_svc.customers.domain import ServedCustomer, TierHistory, TierPeriod
from services.complaint_svc.deadlines.domain.deadline_rules import (
    Allowance,
    AllowanceKey,
    DeadlineRules,
    read_deadline_rules,
)
from services.complaint_svc.deadlines.domain.deadlines import Terms
from shared.authority import Gift
from tests.harness import migrations_of

NINE_TO_FIVE = (Opening(9 * 60, 17 * 60),)
NINE_TO_NINE = (Opening(9 * 60, 21 * 60),)
ALWAYS = (Opening(0, 24 * 60),)

SHIPPED: dict[str, dict[str, Any]] = {
    rule_set["kind"]: rule_set["document"]
    for rule_set in json.loads((migrations_of("complaint") / "versions" / "2026_11_28_first_tables.json").read_text())
}
"""The documents of the rules that a new deployment starts with, by kind."""

CASE = UUID("018f0000-0000-7000-8000-000000000001")
CUSTOMER = UUID("018f0000-0000-7000-8000-0000000000c1")
PROPOSAL = UUID("018f0000-0000-7000-8000-0000000000a1")


def offer(points: int = 0, amount: str = "0") -> Offer:
    """What an agent may offer alone."""
    return Offer(Gift(points, Decimal(amount)), date(2026, 11, 16))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def working_week(openings: Openings = NINE_TO_FIVE, zone: str = "UTC", days: Mapping[date, Openings] = {}) -> Calendar:
    return Calendar(ZoneInfo(zone), (openings,) * 5 + (CLOSED, CLOSED), days)


def daily(openings: Openings, zone: str = "UTC", days: Mapping[date, Openings] = {}) -> Calendar:
    return Calendar(ZoneInfo(zone), (openings,) * 7, days)


def shipped_rules(overrides: Mapping[AllowanceKey, Allowance] = {}) -> DeadlineRules:
    """The shipped deadline rules, with other allowances in place of some."""
    rules = read_deadline_rules(SHIPPED["deadline-rules"])
    return replace(rules, allowances={**rules.allowances, **overrides})


def terms(calendar: Calendar | None = None, overrides: Mapping[AllowanceKey, Allowance] = {}) -> Terms:
    hours = calendar or daily(ALWAYS)
    return Terms(lambda tier, region: hours, shipped_rules(overrides), 1, 1)


def step_request(at: datetime | str, by: str = "agent-1", note: str | None = None) -> StepRequest:
    return StepRequest(utc(at) if isinstance(at, str) else at, by, note)


def filed(at: datetime | str, t: Terms, *, tier: str | None = None, kind: str = "complaint") -> Decision:
    return file_case(CASE, CUSTOMER, kind, "normal", "call", "hardware", always(tier), step_request(at), t)  # type: ignore[arg-type]


def always(tier: str | None, region: str | None = None) -> ServedCustomer:
    """Somebody who has been in one tier all the time; None: in no tier."""
    tiers = TierHistory() if tier is None else TierHistory([TierPeriod(utc("2020-01-01T00:00"), tier)])
    return ServedCustomer(tiers, region)


def change_tier(case: Case, tier: str, at: datetime, t: Terms) -> Decision:
    """The customer is in this tier from that instant on."""
    return change_tiers(case, TierHistory([TierPeriod(at, tier)]), at, t)


def due(case: Case, stage: str) -> datetime:
    return next(d.due_at for d in case.deadlines if d.stage == stage)
