"""The business calendar over HTTP: its rules in versions, and what they make of each day (C3)."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Query

from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, write_openings
from services.complaint_svc.calendars.repository import CALENDAR_RULES
from services.complaint_svc.calendars.schemas import CalendarDayRead, CalendarRead, CalendarRulesDocument
from services.complaint_svc.settings import business_settings
from shared.chassis import Day, Tx, allow, service_router, staff_only
from shared.errors import invalid
from shared.rule_sets import load_in_force, rule_set_routes

rules = rule_set_routes(
    CALENDAR_RULES,
    "/v1/calendar-rules",
    CalendarRulesDocument,
    singular="calendar_rules",
    tags=["complaint rules"],
    read="complaints:read",
    dependencies=[staff_only],
)
router = service_router(prefix="/v1", tags=["complaint rules"], dependencies=[staff_only])

LONGEST_PERIOD = 366  # days


@router.get("/business-calendar", dependencies=[allow("complaints:read")])
async def read_business_calendar(
    tx: Tx,
    start: Annotated[Day, Query(alias="from", description="the first day")],
    end: Annotated[Day, Query(alias="to", description="the last day")],
) -> CalendarRead:
    """The calendar that deadlines are counted by, day by day from `from` to `to` inclusive."""
    if not timedelta(0) <= end - start < timedelta(days=LONGEST_PERIOD):
        raise invalid(
            "period_invalid", f"The day `to` is `from` or up to {LONGEST_PERIOD - 1} days later.", pointer="/to"
        )
    in_force = await load_in_force(tx, CALENDAR_RULES)
    calendar = in_force.rules.calendar(start.year, business_settings().zone)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    return CalendarRead(
        time_zone=business_settings().time_zone,
        holidays=in_force.rules.holidays or "",
        published_through=in_force.rules.published_through,
        week={name: write_openings(openings) for name, openings in zip(WEEKDAYS, in_force.rules.week, strict=True)},
        days=[_read_day(day, calendar, in_force.rules) for day in days],
        calendar_rules_version=in_force.version,
    )


def _read_day(day: date, calendar: Calendar, rules: CalendarRules) -> CalendarDayRead:
    openings = calendar.openings_on(day)
    special = rules.special_days.get(day)
    published = {known.day: known for known in rules.published_days(day.year)}.get(day)
    source: Literal["week", "published", "override"] = "override" if special else "published" if published else "week"
    through = rules.published_through
    return CalendarDayRead(
        day=day,
        working=bool(openings),
        hours=write_openings(openings),
        source=source,
        published=through is None or day.year <= through,
        note=special.note if special else published.name if published else None,
    )
