"""The rules of stages and relationship types (T11): one document in versions; with the churn rules of the instant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.monitoring.domain.stage_rules import StageSetting, read_stage_rules
from services.tiering_svc.retention.repository.rules import CHURN_RULES
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind, load_rules, rule_set_at

STAGE_RULES = RuleSetKind(
    "stage-rules",
    read=lambda version: read_stage_rules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000203"),
)


async def load_stage_setting(tx: Transaction, as_of: datetime) -> StageSetting:
    """The versions that were in force at an instant."""
    stage, churn = (await rule_set_at(tx, STAGE_RULES, as_of)).rules, (await rule_set_at(tx, CHURN_RULES, as_of)).rules
    return StageSetting(stage, churn)


async def find_stage_versions(tx: Transaction, as_of: datetime) -> dict[str, int]:
    """The numbers of these versions, as a sweep keeps them in its setting."""
    stage, churn = await rule_set_at(tx, STAGE_RULES, as_of), await rule_set_at(tx, CHURN_RULES, as_of)
    return {"stage_rules": stage.version, "churn_rules": churn.version}


async def load_stage_versions(tx: Transaction, setting: Mapping[str, Any]) -> StageSetting:
    """The versions that a sweep's setting names."""
    return StageSetting(
        await load_rules(tx, STAGE_RULES, setting["stage_rules"]),
        await load_rules(tx, CHURN_RULES, setting["churn_rules"]),
    )
