"""HTTP shapes of redemptions and holds."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.loyalty_svc.core.schemas import Reason, Reference
from shared.chassis import Instant, Points, Read, Shape


class RedemptionCreate(Shape):
    """Points to spend, and what for."""

    points: Points
    reference: Reference | None = None
    reason: Reason | None = None


class ReversalCreate(Shape):
    """How many points of a redemption are given back."""

    points: Points | None = None  # all that has not come back yet
    reason: Reason | None = None


class HoldCreate(Shape):
    """Points to set aside, until when, and what for."""

    points: Points
    expires_at: Instant | None = None
    reference: Reference | None = None


class CaptureCreate(Shape):
    """How many of the held points are spent."""

    points: Points | None = None  # all of it


class HoldRead(Read):
    """Points that were set aside, and how the hold ended."""

    id: UUID
    customer_id: UUID
    points: int
    state: Literal["open", "captured", "released", "expired"]
    captured: int
    placed_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    reference: str | None
