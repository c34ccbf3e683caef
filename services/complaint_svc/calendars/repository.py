"""The business calendar as a rule set: one document in versions, one of them in force (C3)."""

from uuid import UUID

from services.complaint_svc.calendars.domain.calendar_rules import read_calendar_rules
from shared.rule_sets import RuleSetKind

CALENDAR_RULES = RuleSetKind(
    "calendar-rules",
    read=lambda version: read_calendar_rules(version.document, "/document"),
    only=UUID("0190a000-0000-7000-8000-00000000c001"),
)
