"""What loyalty announces: one event for every entry of the ledger, with the balances after it (L1)."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Event, Instant, catalogued

TOPIC = "patron.loyalty"

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
]


@catalogued
class PointsPosted(Event):
    """An entry was written. `points` is its effect on what the customer can spend (negative: less)."""

    type: ClassVar[str] = "loyalty.points_posted.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "posted_at"

    customer_id: UUID
    entry_id: UUID
    kind: EntryKind
    points: int
    balance: int  # what can be spent after it, >= 0
    held: int
    debt: int  # shortfall that later earning pays first (K9), >= 0
    order_id: UUID | None = None
    case_id: UUID | None = None
    posted_at: Instant
