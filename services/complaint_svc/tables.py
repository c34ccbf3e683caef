"""The tables complaint owns, gathered from its areas so that the metadata is whole. The migrations make them."""

from services.complaint_svc.cases.tables import case_step, case_story, complaint_case, escalation
from services.complaint_svc.core.tables import metadata, rule_set_step, rule_set_version
from services.complaint_svc.customers.tables import customer, tier_copy
from services.complaint_svc.deadlines.tables import deadline
from services.complaint_svc.remedies.tables import proposal, settlement_approval

__all__ = [
    "case_step",
    "case_story",
    "complaint_case",
    "customer",
    "deadline",
    "escalation",
    "metadata",
    "proposal",
    "rule_set_step",
    "rule_set_version",
    "settlement_approval",
    "tier_copy",
]
