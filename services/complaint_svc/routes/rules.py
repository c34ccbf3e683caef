"""The rules over HTTP: the business calendar, and how much time the stages are given (C3)."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Query

from services.complaint_svc import handlers, repository
from services.complaint_svc.domain.allowances import Allowance, AllowanceRules, RuleKey
from services.complaint_svc.domain.business_time import Calendar
from services.complaint_svc.domain.opening_hours import write_openings
from services.complaint_svc.schemas import (
    CalendarDayRead,
    CalendarDayUpdate,
    CalendarRead,
    DeadlineRuleRead,
    DeadlineRuleUpdate,
)
from services.complaint_svc.settings import WEEKDAYS, practice
from shared.chassis import Code, CurrentActor, Day, Tx, allow, service_router
from shared.errors import invalid
from shared.events.complaint import CaseKind, Severity

router = service_router(prefix="/v1", tags=["complaint rules"])

LONGEST = 366


@router.get("/business-calendar", dependencies=[allow("complaints:read")])
async def read_business_calendar(
    tx: Tx, start: Annotated[Day, Query(alias="from")], end: Annotated[Day, Query(alias="to")]
) -> CalendarRead:
    """The calendar that deadlines are counted by, day by day from `from` to `to` inclusive."""
    if not timedelta(0) <= end - start < timedelta(days=LONGEST):
        raise invalid("period_invalid", f"`to` is `from` or up to {LONGEST - 1} days later", pointer="/to")
    calendar = await handlers.load_calendar(tx, around=start.year)
    said = {day.day: day for day in (await repository.load_said(tx)).days}
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    return CalendarRead(
        time_zone=practice().time_zone,
        holidays=practice().holidays,
        published_through=practice().published_through,
        week={name: write_openings(openings) for name, openings in zip(WEEKDAYS, practice().week, strict=True)},
        days=[_read_day(day, calendar, said.get(day)) for day in days],
    )


@router.put("/business-calendar/days/{day}", dependencies=[allow("policies:write")])
async def change_a_calendar_day(day: Day, body: CalendarDayUpdate, tx: Tx, actor: CurrentActor) -> CalendarDayRead:
    """Say what a day is like, where nothing is published yet or the business does otherwise."""
    await handlers.change_a_calendar_day(tx, day, body.working, body.hours, body.note, actor.subject)
    return await _day(tx, day)


@router.delete("/business-calendar/days/{day}", dependencies=[allow("policies:write")])
async def forget_a_calendar_day(day: Day, tx: Tx) -> CalendarDayRead:
    """Take back what was said about a day: the published calendar holds again."""
    await handlers.forget_a_calendar_day(tx, day)
    return await _day(tx, day)


@router.get("/deadline-rules", dependencies=[allow("complaints:read")])
async def read_deadline_rules(tx: Tx) -> list[DeadlineRuleRead]:
    """All rules in force. A tier that none names has those of `any`."""
    rules = (await repository.load_said(tx)).rules
    return [_read_rule(key, allowance, rules) for key, allowance in sorted(rules.in_force().items())]


@router.put("/deadline-rules/{kind}/{severity}/{tier}", dependencies=[allow("policies:write")])
async def change_a_deadline_rule(
    kind: CaseKind, severity: Severity, tier: Code, body: DeadlineRuleUpdate, tx: Tx, actor: CurrentActor
) -> DeadlineRuleRead:
    """Give the stages of a kind, severity and tier (or of `any` tier) other times."""
    key = (kind, severity, tier)
    given = (body.acknowledgement_minutes, body.proposal_minutes, body.solution_minutes)
    allowance = Allowance(*(None if minutes is None else timedelta(minutes=minutes) for minutes in given))
    await handlers.change_a_deadline_rule(tx, key, allowance, actor.subject)
    return _read_rule(key, allowance, (await repository.load_said(tx)).rules)


async def _day(tx: Tx, day: date) -> CalendarDayRead:
    calendar = await handlers.load_calendar(tx, around=day.year)
    said = {known.day: known for known in (await repository.load_said(tx)).days}
    return _read_day(day, calendar, said.get(day))


def _read_day(day: date, calendar: Calendar, said: repository.CalendarDay | None) -> CalendarDayRead:
    openings = calendar.openings_on(day)
    published = {known.day: known for known in practice().published_days(day.year)}.get(day)
    source: Literal["week", "published", "override"] = "override" if said else "published" if published else "week"
    through = practice().published_through
    return CalendarDayRead(
        day=day,
        working=bool(openings),
        hours=write_openings(openings),
        source=source,
        published=through is None or day.year <= through,
        note=said.note if said else published.name if published else None,
    )


def _read_rule(key: RuleKey, allowance: Allowance, rules: AllowanceRules) -> DeadlineRuleRead:
    kind, severity, tier = key

    def minutes(time: timedelta | None) -> int | None:
        return None if time is None else int(time.total_seconds() // 60)

    return DeadlineRuleRead(
        kind=kind, severity=severity, tier=tier, acknowledgement_minutes=minutes(allowance.acknowledgement),
        proposal_minutes=minutes(allowance.proposal), solution_minutes=minutes(allowance.solution),
        shipped=key not in rules.written,
    )  # fmt: skip
