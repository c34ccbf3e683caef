"""The double-entry ledger (L1): an entry moves points between accounts, and its postings sum to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events import PointsPosted
from shared.events.loyalty import EntryKind

Account = Literal["available", "held", "debt", "issued", "redeemed", "expired", "adjusted", "transferred", "lent"]
"""The customer's own accounts (available, held, debt; a debt is negative in the postings, so that the three together
are what is owned), and the company's, where points come from and go to. Over all of them the sum is zero. `lent` lies
between two customers: what one lent it adds, what the other borrowed it takes."""

Posting = tuple[Account, int]
"""(account, points): what an entry adds to an account, or takes from it."""
LotPart = tuple[UUID, int]
"""(lot, points): so many points of a lot."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an entry was written, and when what it records happened."""

    occurred_at: datetime
    order_id: UUID | None = None
    case_id: UUID | None = None
    hold_id: UUID | None = None
    fact_id: UUID | None = None  # the return, the tier change, the resolution, the adjustment behind it
    reverses: UUID | None = None  # the redemption that is reversed
    reference: str | None = None
    reason: str | None = None
    actor: str | None = None  # None: a fact from another service, or time itself


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable line of a customer's ledger. `number` counts 1, 2, 3 … per customer, without gaps."""

    id: UUID
    customer_id: UUID
    number: int
    kind: EntryKind
    postings: tuple[Posting, ...]
    available: int  # the balances after it
    held: int
    debt: int
    cause: Cause
    spent: tuple[LotPart, ...] = ()  # the lots it consumed, so that they can get the points back (K10)

    @property
    def points(self) -> int:
        """The effect on what the customer can spend; a debt counts against it."""
        return sum(points for account, points in self.postings if account in ("available", "debt"))


def check_balanced(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """The postings that move anything. AssertionError unless they sum to zero, which the database checks once more."""
    moving = tuple(posting for posting in postings if posting[1])
    if sum(points for _, points in moving) != 0:
        raise AssertionError(f"an entry's postings must sum to zero: {moving}")
    return moving


def points_posted_events(entries: Sequence[Entry], at: datetime) -> list[PointsPosted]:
    """What the entries are announced with at an instant: one event an entry, with the balances after it."""
    return [
        PointsPosted(
            customer_id=entry.customer_id, entry_id=entry.id, kind=entry.kind, points=entry.points,
            balance=entry.available, held=entry.held, debt=entry.debt,
            order_id=entry.cause.order_id, case_id=entry.cause.case_id, posted_at=at,
        )
        for entry in entries
    ]  # fmt: skip
