"""HTTP shapes of adjustments and transfers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.loyalty_svc.core.schemas import Reason
from shared.chassis import Id, Points, Read, Shape

SignedPoints = Annotated[int, Field(strict=True, ge=-1_000_000_000_000, le=1_000_000_000_000)]


class AdjustmentCreate(Shape):
    """Points to add or (negative) to take, and why."""

    points: SignedPoints
    reason: Reason


class AdjustmentRead(Read):
    """An adjustment, and how far its approval has come."""

    id: UUID
    customer_id: UUID
    points: int
    reason: str
    state: Literal["pending", "posted", "rejected"]
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    entry_id: UUID | None


class TransferCreate(Shape):
    """Points that go to another customer, and why."""

    to: Id
    points: Points
    reason: Reason
