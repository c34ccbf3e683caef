"""HTTP shapes of redemptions and holds."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.loyalty_svc.core.schemas import Reason, Reference
from shared.chassis import Instant, Points, Read, Shape


class RedemptionCreate(Shape):
    points: Points
    reference: Reference | None = None
    reason: Reason | None = None


class ReversalCreate(Shape):
    points: Points | None = None  # all that has not come back yet
    reason: Reason | None = None


class HoldCreate(Shape):
    points: Points
    expires_at: Instant | None = None
    reference: Reference | None = None


class CaptureCreate(Shape):
    points: Points | None = None  # all of it


class HoldRead(Read):
    id: UUID
    customer_id: UUID
    points: int
    state: Literal["open", "captured", "released", "expired"]
    captured: int
    placed_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    reference: str | None
