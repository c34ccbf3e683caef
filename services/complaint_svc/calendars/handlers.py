"""The business calendar that deadlines are counted by: the rules in force, in the business zone (C3)."""

from collections.abc import Callable
from datetime import datetime

from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules
from services.complaint_svc.calendars.repository import CALENDAR_RULES
from services.complaint_svc.settings import business_settings
from shared.messaging import Transaction
from shared.rule_sets import load_in_force

CalendarOf = Callable[[str | None, str | None], Calendar]
"""(tier, region) -> the calendar by which customers of this tier and region are served."""


async def load_calendars(tx: Transaction, around: datetime) -> CalendarOf:
    """The calendars in force now, for the years around an instant."""
    return calendars_of((await load_in_force(tx, CALENDAR_RULES)).rules, around)


def calendars_of(rules: CalendarRules, around: datetime) -> CalendarOf:
    """The calendars of a version, for the years around an instant, in the business zone."""
    zone = business_settings().zone
    return lambda tier, region: rules.hours(tier, region).calendar(around.year, zone)
