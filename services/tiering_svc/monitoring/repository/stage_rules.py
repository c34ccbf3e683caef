"""The rules of stages and relationship types (T11): one document in versions, one of them in force."""

from uuid import UUID

from services.tiering_svc.monitoring.domain.stage_rules import read_stage_rules
from shared.rule_sets import RuleSetKind

STAGE_RULES = RuleSetKind(
    "stage-rules",
    read=lambda version: read_stage_rules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000203"),
)
