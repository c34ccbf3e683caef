"""Review runs over HTTP (T10)."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.tiering_svc.schemas.common import Count
from shared.chassis import Instant, Read, Shape


class EvaluationCreate(Shape):
    as_of: Instant | None = Field(default=None, description="now, if not given")
    apply: bool = Field(default=True, strict=True)


class EvaluationRead(Read):
    id: UUID
    as_of: datetime
    status: str
    simulated_because: str | None
    policy_id: UUID
    policy_version: Count
    customers: Count
    outcomes: dict[str, int]
    cutoffs: list[dict[str, str]] | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class MoverRead(Read):
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str
    graded: str
