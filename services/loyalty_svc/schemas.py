"""HTTP shapes of loyalty: <Thing>Create comes in, <Thing>Read goes out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.loyalty_svc.domain.ledger import Entry
from shared.chassis import Amount, Code, Id, Instant, Points, Read, Shape, Text
from shared.events.loyalty import EntryKind

SignedPoints = Annotated[int, Field(strict=True, ge=-1_000_000_000_000, le=1_000_000_000_000)]
Reference = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
Rates = Annotated[dict[Code, Amount], Field(max_length=1000)]


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


class TransferCreate(Shape):
    to: Id
    points: Points
    reason: Reason


class AdjustmentCreate(Shape):
    points: SignedPoints
    reason: Reason


class ExtensionCreate(Shape):
    expires_at: Instant
    reason: Reason


class ProgrammeCreate(Shape):
    effective_from: Instant
    base_rate: Amount
    tiers: Rates = Field(default_factory=dict)
    categories: Rates = Field(default_factory=dict)
    bonuses: Annotated[
        dict[Code, Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]], Field(max_length=1000)
    ] = Field(default_factory=dict)
    lifetime_months: Annotated[int, Field(strict=True, ge=1, le=1200)]


class ExpiringRead(Read):
    month: str = Field(examples=["2027-03"])
    points: int


class ProgrammeRead(Read):
    version: int
    effective_from: datetime | None  # null: since ever
    base_rate: Amount
    tiers: dict[str, Amount]
    categories: dict[str, Amount]
    bonuses: dict[str, int]
    lifetime_months: int


class PointsRead(Read):
    customer_id: UUID
    balance: int
    held: int
    debt: int
    expiring: list[ExpiringRead]
    tier: str | None
    multiplier: Amount
    programme: ProgrammeRead


class EntryRead(Read):
    id: UUID
    number: int
    kind: EntryKind
    points: int
    balance: int
    held: int
    debt: int
    occurred_at: datetime
    recorded_at: datetime
    order_id: UUID | None
    case_id: UUID | None
    hold_id: UUID | None
    reverses: UUID | None
    reference: str | None
    reason: str | None
    actor: str | None

    @classmethod
    def of(cls, entry: Entry, recorded_at: datetime) -> "EntryRead":
        """An entry that was written just now."""
        cause = entry.cause
        return cls(
            id=entry.id, number=entry.number, kind=entry.kind, points=entry.points, balance=entry.available,
            held=entry.held, debt=entry.debt, occurred_at=cause.occurred_at, recorded_at=recorded_at,
            order_id=cause.order_id, case_id=cause.case_id, hold_id=cause.hold_id, reverses=cause.reverses,
            reference=cause.reference, reason=cause.reason, actor=cause.actor,
        )  # fmt: skip


class LotRead(Read):
    id: UUID
    order_id: UUID | None
    earned_at: datetime
    expires_at: datetime
    points: int
    remaining: int
    expired: int


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


class AdjustmentRead(Read):
    id: UUID
    customer_id: UUID
    points: int
    reason: str
    state: Literal["pending", "posted", "refused"]
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    entry_id: UUID | None


class LiabilityRead(Read):
    as_of: datetime
    outstanding: int  # what customers can spend or have set aside
    available: int
    held: int
    debt: int
    expiring: list[ExpiringRead]
