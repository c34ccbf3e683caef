"""By which terms deadlines are counted: the deadline rules and the calendar in force, in one query (C3)."""

from datetime import datetime

from services.complaint_svc.calendars.handlers import CALENDAR_RULES, calendars_of
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.deadlines.repository import DEADLINE_RULES
from shared.messaging import Transaction
from shared.rule_sets import list_in_force_of


async def load_terms(tx: Transaction, around: datetime) -> Terms:
    """What is in force now, with the calendars of the years around an instant. What runs keeps its promise."""
    in_force = await list_in_force_of(tx, [DEADLINE_RULES, CALENDAR_RULES])
    [rules], [calendar] = in_force[DEADLINE_RULES.name], in_force[CALENDAR_RULES.name]
    return Terms(
        calendar_of=calendars_of(calendar.rules, around),
        rules=rules.rules,
        deadline_rules_version=rules.version,
        calendar_rules_version=calendar.version,
    )
