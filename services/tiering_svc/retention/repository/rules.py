"""Who counts as lost (T13): one document in versions, one of them in force."""

from uuid import UUID

from services.tiering_svc.retention.domain.churn import read_retention_rules
from shared.rule_sets import RuleSetKind

RETENTION_RULES = RuleSetKind(
    "retention-rules",
    read=lambda version: read_retention_rules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000202"),
)
