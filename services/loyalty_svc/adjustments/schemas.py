"""HTTP shapes of adjustments and transfers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.loyalty_svc.core.schemas import MOST_POINTS, MovedPoints, Reason
from shared.chassis import Id, Read, Shape

SignedPoints = Annotated[int, Field(strict=True, ge=-MOST_POINTS, le=MOST_POINTS)]


class AdjustmentCreate(Shape):
    """Points to add or (negative) to take, and why."""

    points: SignedPoints
    reason: Reason


class AdjustmentRead(Read):
    """What a person gave or took by hand, or granted through a case, and how far its approval has come."""

    id: UUID
    kind: Literal["adjustment", "transfer", "settlement"]
    customer_id: UUID
    points: int
    reason: str
    state: Literal["pending", "posted", "rejected"]
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    entry_id: UUID | None
    to: UUID | None = Field(description="of a transfer: who receives the points")
    case_id: UUID | None = Field(description="of a settlement: the case")
    limits_reached: list[str] = Field(
        description="beyond which sums it goes, so that another person has to approve it: case, customer, day"
    )


class TransferCreate(Shape):
    """Points that go to another customer, and why."""

    to: Id
    points: MovedPoints
    reason: Reason
