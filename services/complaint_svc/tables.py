"""The tables complaint owns, gathered from its areas so that the metadata is whole. The migrations make them."""

from services.complaint_svc.calendars.tables import calendar_day
from services.complaint_svc.cases.tables import case_step, case_story, complaint_case, escalation
from services.complaint_svc.core.tables import metadata
from services.complaint_svc.customers.tables import tier_copy
from services.complaint_svc.deadlines.tables import deadline, deadline_rule
from services.complaint_svc.remedies.tables import proposal

__all__ = [
    "calendar_day",
    "case_step",
    "case_story",
    "complaint_case",
    "deadline",
    "deadline_rule",
    "escalation",
    "metadata",
    "proposal",
    "tier_copy",
]
