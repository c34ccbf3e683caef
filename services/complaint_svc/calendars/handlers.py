"""The business calendar that deadlines are counted by: the rules in force, in the business zone (C3)."""

from datetime import datetime

from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.repository import CALENDAR_RULES
from services.complaint_svc.settings import business_settings
from shared.messaging import Transaction
from shared.rule_sets import load_in_force


async def load_calendar(tx: Transaction, around: datetime) -> Calendar:
    """The calendar in force now, for the years around an instant."""
    rules = (await load_in_force(tx, CALENDAR_RULES)).rules
    return rules.calendar(around.year, business_settings().zone)
