"""The rules of stages and of relationship types (T11): one document, in force together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.tiering_svc.monitoring.domain.relationship import RelationshipRules, read_relationships
from services.tiering_svc.monitoring.domain.stage import StageRules, read_stages
from services.tiering_svc.retention.domain.churn import ChurnRules


@dataclass(frozen=True, slots=True)
class CustomerStageRules:
    """The rules of a customer's stage and of the relationship it calls for."""

    stage: StageRules
    relationship: RelationshipRules


def read_stage_rules(document: Mapping[str, Any], pointer: str = "") -> CustomerStageRules:
    """The rules of a document whose shape is checked; a refusal names the field below `pointer`."""
    return CustomerStageRules(
        read_stages(document["stages"], f"{pointer}/stages"),
        read_relationships(document["relationships"], f"{pointer}/relationships"),
    )


@dataclass(frozen=True, slots=True)
class StageSetting:
    """What a customer's stage follows from at an instant: the rules of stages and those of churn, each a version."""

    rules: CustomerStageRules
    churn: ChurnRules
