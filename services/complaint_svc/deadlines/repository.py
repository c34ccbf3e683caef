"""The rules of deadlines as a rule set: one document in versions, one of them in force (C3)."""

from uuid import UUID

from services.complaint_svc.deadlines.domain.deadline_rules import read_deadline_rules
from shared.rule_sets import RuleSetKind

DEADLINE_RULES = RuleSetKind(
    "deadline-rules",
    read=lambda version: read_deadline_rules(version.document, "/document"),
    only=UUID("0190a000-0000-7000-8000-00000000c002"),
)
