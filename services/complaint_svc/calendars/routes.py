"""The business calendar over HTTP: its rules in versions, and what they make of each day (C3)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from services.complaint_svc.calendars.handlers import CALENDAR_RULES, refuse_unknown_served
from services.complaint_svc.calendars.schemas import CalendarRead, CalendarRulesDocument, hours_fields
from services.complaint_svc.settings import business_settings
from shared.chassis import Code, Day, Tx, allow, service_router, staff_only
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
    tier: Annotated[Code | None, Query(description="for customers of this tier; without it of none")] = None,
    region: Annotated[Code | None, Query(description="for customers of this region; without it of none")] = None,
) -> CalendarRead:
    """The calendar that deadlines are counted by, day by day from `from` to `to` inclusive."""
    if not timedelta(0) <= end - start < timedelta(days=LONGEST_PERIOD):
        raise invalid(
            "period_invalid", f"The day `to` is `from` or up to {LONGEST_PERIOD - 1} days later.", pointer="/to"
        )
    await refuse_unknown_served(tx, {"": (tier, region)})
    in_force = await load_in_force(tx, CALENDAR_RULES)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    shown = hours_fields(in_force.rules, tier, region, days, business_settings().zone)
    return CalendarRead(**shown, calendar_rules_version=in_force.version)
