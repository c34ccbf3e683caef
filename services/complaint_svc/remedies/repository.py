"""Who may grant how much, as a rule set: one document in versions, one of them in force (C5)."""

from uuid import UUID

from services.complaint_svc.remedies.domain.authority import read_authority_rules
from shared.rule_sets import RuleSetKind

AUTHORITY_RULES = RuleSetKind(
    "authority-rules",
    read=lambda version: read_authority_rules(version.document),
    only=UUID("0190a000-0000-7000-8000-00000000c003"),
)
