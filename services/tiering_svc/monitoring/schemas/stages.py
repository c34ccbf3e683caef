"""Stages and relationship types over HTTP (T11), and the rules they follow from."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, NamedCustomerRead
from services.tiering_svc.monitoring.schemas.warnings import ResponsibleNowRead, Whole
from shared.chassis import Read, Shape

RelationshipCode = Literal["basic", "reactive", "accountable", "proactive", "partner"]


class AcquireWrite(Shape):
    days: Whole = Field(description="since the first order")


class ExpandWrite(Shape):
    growth: Exact = Field(description="percent, of revenue a day")
    recent_months: Whole
    baseline_months: Whole


class StagesWrite(Shape):
    """When a customer is being won and when it grows; when it is dormant or lost, the churn rules say."""

    acquire: AcquireWrite
    expand: ExpandWrite


class SizeBandsWrite(Shape):
    by: Literal["share", "count"] = Field(description="percent of all customers, or how many")
    few_up_to: Exact
    many_over: Exact


class MarginBandsWrite(Shape):
    months: Whole
    medium_from: Exact = Field(description="a margin rate, as 0.2")
    high_from: Exact


class TypesWrite(Shape):
    high: RelationshipCode
    medium: RelationshipCode
    low: RelationshipCode


class RelationshipMatrixWrite(Shape):
    many: TypesWrite
    medium: TypesWrite
    few: TypesWrite


class RelationshipsWrite(Shape):
    customers: SizeBandsWrite
    margin: MarginBandsWrite
    types: RelationshipMatrixWrite


class StageRulesDocument(Shape):
    stages: StagesWrite
    relationships: RelationshipsWrite


class ClassificationRead(Read):
    """Where a customer belongs, and why."""

    code: str | None = Field(description="null: not known")
    name: dict[str, str] | None
    words: dict[str, str]
    reasons: dict[str, Any]


class CustomerStageRead(Read):
    customer_id: UUID
    as_of: datetime
    stage: ClassificationRead
    since: datetime | None = Field(description="the sweep that first found the present stage; null for a past instant")
    relationship: ClassificationRead


class StagePeriodRead(Read):
    """A time in which a customer was in one stage, as it was found at the end of each month."""

    stage: str
    name: dict[str, str]
    since: datetime = Field(description="the first month's end at which it was found")
    until: datetime | None = Field(description="the first month's end at which it was over; null: it lasts")
    words: dict[str, str] = Field(description="why, at the last month's end of it")
    reasons: dict[str, Any]


class CustomerStagesRead(Read):
    customer_id: UUID
    as_of: datetime
    items: list[StagePeriodRead] = Field(description="oldest first; the first may have begun before")


class StagedCustomerRead(NamedCustomerRead, ResponsibleNowRead):
    """A customer with its stage and relationship type, as the last sweep found them."""

    stage: str
    relationship: str | None = Field(description="null: not known")
    since: datetime = Field(description="the sweep that first found the present stage")
    tier: str | None = Field(description="now")
    region: str | None = Field(description="now")


class StageCountRead(Read):
    stage: str
    name: dict[str, str]
    customers: Count
    relationships: dict[str, int] = Field(description="by relationship type; `unknown` where it is not known")


class StagesRead(Read):
    as_of: datetime = Field(description="of the last finished sweep by the instant of the question")
    run_id: UUID
    customers: Count
    stages: list[StageCountRead]
