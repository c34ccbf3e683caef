"""HTTP shapes of the ledger: entries, lots, and what the company owes."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.loyalty_svc.ledger.domain.entries import Entry
from shared.chassis import Read
from shared.events.loyalty import EntryKind


class ExpiringRead(Read):
    """Points that expire in a month of the business time zone."""

    month: str = Field(examples=["2027-03"])
    points: int


class EntryRead(Read):
    """An entry of a customer's ledger: its effect in points, and the balances of its wallet after it.

    `actor` and `reason`, who of the company's own people made it and why, are null for a partner.
    """

    id: UUID
    customer_id: UUID = Field(description="whose wallet it is of: the customer's, or a member's of a merged one")
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
            id=entry.id, customer_id=entry.customer_id, number=entry.number, kind=entry.kind, points=entry.points,
            balance=entry.available, held=entry.held, debt=entry.debt, occurred_at=cause.occurred_at,
            recorded_at=recorded_at,
            order_id=cause.order_id, case_id=cause.case_id, hold_id=cause.hold_id, reverses=cause.reverses,
            reference=cause.reference, reason=cause.reason, actor=cause.actor,
        )  # fmt: skip


class LotRead(Read):
    """Points of one earning: what is left of them, what expired, and until when they can be used."""

    id: UUID
    customer_id: UUID = Field(description="in whose wallet it is: the customer's, or a member's of a merged one")
    order_id: UUID | None
    earned_at: datetime
    expires_at: datetime
    points: int
    remaining: int
    expired: int


class LiabilityRead(Read):
    """What the company owes its customers in points, over all of them."""

    as_of: datetime
    outstanding: int  # what customers can spend or have set aside
    available: int
    held: int
    debt: int
    expiring: list[ExpiringRead]
