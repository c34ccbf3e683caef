"""Review runs over HTTP (T10): asked for as of an instant and as known at another."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count
from shared.chassis import Id, Instant, Read, Shape


class PolicyAsked(Shape):
    id: Id
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, json_schema_extra={"format": "int32"})]


class EvaluationCreate(Shape):
    as_of: Instant | None = Field(default=None, description="now, if not given")
    known_at: Instant | None = Field(
        default=None, description="by the facts that were recorded by then; when the review begins, if not given"
    )
    apply: bool = Field(default=True, strict=True)
    policy: PolicyAsked | None = Field(
        default=None, description="the policy in force, if not given; by any other one it only shows what would be"
    )


class EvaluationRead(Read):
    id: UUID
    kind: str
    as_of: datetime
    known_at: datetime | None = Field(description="null until it begins")
    status: str
    simulated_because: str | None
    policy_id: UUID
    policy_version: Count
    customers: Count = Field(description="decided so far")
    expected: Count | None = Field(description="about how many there are")
    outcomes: dict[str, int]
    applied: dict[str, int] = Field(description="of the outcomes, those that took effect")
    cutoffs: list[dict[str, str]] | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancelled_by: str | None


class MoverRead(Read):
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str
    graded: str
    applied: bool = Field(description="false in a simulation, and where the customer had moved on meanwhile")
