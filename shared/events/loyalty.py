"""What loyalty announces: one event for every entry of the ledger, with the balances after it (L1)."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued

TOPIC = "patron.loyalty"

# What the ledger itself writes today. On the wire it is a code: a later release may announce others.
EntryKind = Literal[
    "earn",
    "redeem",
    "hold",
    "capture",
    "release",
    "reverse",
    "expire",
    "grant",
    "adjust",
    "reverse_redemption",
    "transfer",
    "borrow",
    "give_back",
    "repay",
    "withdraw",
]


@catalogued
class PointsPosted(Event):
    """An entry was written into a customer's account of the points ledger."""

    type: ClassVar[str] = "loyalty.points_posted.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "posted_at"

    customer_id: UUID
    """Whose points they are."""
    entry_id: UUID
    """The ledger's entry."""
    kind: Code
    """Why: `earn`, `redeem`, `hold` (for a redemption), `capture` or `release` (of a hold), `reverse` (with its order),
    `expire`, `grant` (for a complaint), `adjust` (by hand), `reverse_redemption` (given back), `transfer`, `borrow`
    (from a customer that was found to be the same one), `give_back` (what was borrowed and not spent), `repay` (what
    was borrowed, after the two are two again), `withdraw` (a grant, from whose the complaint turned out not to be);
    there may be others. Whatever it is, the balances after it hold."""
    points: int
    """The entry's effect on what can be spent; negative: less."""
    balance: int
    """What can be spent after it, 0 or more."""
    held: int
    """What is held for redemptions after it, 0 or more."""
    debt: int
    """The shortfall after it that later earning pays first (K9), 0 or more."""
    order_id: UUID | None = None
    """The order it is about, where it is about one."""
    case_id: UUID | None = None
    """The complaint it is about, where it is about one."""
    posted_at: Instant
    """When it was posted."""


@catalogued
class SettlementWithdrawn(Event):
    """Points that a complaint's settlement had granted were taken back: the complaint turned out not to be this
    customer's (C1, L2). What was spent of them is a debt now; the entry itself is a `PointsPosted`."""

    type: ClassVar[str] = "loyalty.settlement_withdrawn.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "withdrawn_at"

    customer_id: UUID
    """Who had been granted them."""
    case_id: UUID
    """The complaint."""
    resolution_id: UUID
    """The resolution whose settlement it is."""
    points: int
    """How many, more than 0."""
    withdrawn_at: Instant
    """When they were taken back."""


@catalogued
class LoyaltyDataErased(Event):
    """Loyalty holds nothing personal any more of a customer, or of a person at its account (P13)."""

    type: ClassVar[str] = "loyalty.data_erased.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "erased_at"

    customer_id: UUID
    """Whose data was erased, or at whose account the person was."""
    erasure_id: UUID
    """The erasure that this is a receipt of."""
    person_id: UUID | None = None
    """The person who is no customer, where it was one; missing: the customer itself."""
    erased_at: Instant
    """When there was nothing left."""
    stores: tuple[Code, ...]
    """The stores in which there was something: tables, stored replies, files. Empty where there was nothing."""
