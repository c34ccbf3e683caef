"""When a customer is dormant or lost (T11, T13): one document in versions, read as of an instant by all who ask."""

from uuid import UUID

from services.tiering_svc.retention.domain.churn import read_churn_rules
from shared.rule_sets import RuleSetKind

CHURN_RULES = RuleSetKind(
    "churn-rules",
    read=lambda version: read_churn_rules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000202"),
)
