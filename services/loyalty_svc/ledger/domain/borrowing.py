"""Points that one customer's wallet lent another while the two were one (P12)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import LotPart
from services.loyalty_svc.ledger.domain.lots import Lot


@dataclass(slots=True)
class Borrowing:
    """Points of one lot of the lender, which lie in a lot of their own at the borrower until they are spent.

    A loan is what one spending took of one other wallet: one borrowing a lot, `position` 0, 1, 2 …
    """

    loan_id: UUID
    position: int
    lender_id: UUID
    borrower_id: UUID
    lender_lot: UUID
    borrower_lot: UUID
    points: int
    returned: int = 0  # given back unspent, or repaid after the two were two again

    @property
    def outstanding(self) -> int:
        """What has not come back to the lender, in points."""
        return self.points - self.returned

    def take(self, points: int) -> int:
        """Count so many points, or what is left of it, as returned. Returns how many."""
        taken = min(points, self.outstanding)
        self.returned += taken
        return taken


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Points of a loan that came back unspent and belong into the lender's own lots again."""

    loan_id: UUID
    lender_id: UUID
    parts: tuple[LotPart, ...]


def shares_by_expiry(lots_of: Mapping[UUID, Iterable[Lot]], points: int, at: datetime) -> dict[UUID, int]:
    """How many points each of several wallets lends: of all their lots together the first to expire first.

    `lots_of`: the lots of each customer; those whose time is over at `at` lend nothing. May come to less than `points`.
    """
    candidates = [
        (lot.expires_at, lot.id, customer_id, lot.remaining)
        for customer_id, lots in lots_of.items()
        for lot in lots
        if lot.remaining and not lot.is_overdue(at)
    ]
    shares: dict[UUID, int] = {}
    for _, _, customer_id, remaining in sorted(candidates):
        part = min(remaining, points)
        if not part:
            break
        points -= part
        shares[customer_id] = shares.get(customer_id, 0) + part
    return shares


def loans_of(given_back: Sequence[tuple[Borrowing, int]]) -> list[GivenBack]:
    """What goes back to lenders, loan by loan. `given_back`: (borrowing, points)."""
    loans: dict[UUID, list[tuple[Borrowing, int]]] = {}
    for borrowing, points in given_back:
        loans.setdefault(borrowing.loan_id, []).append((borrowing, points))
    return [
        GivenBack(loan_id, parts[0][0].lender_id, tuple((b.lender_lot, points) for b, points in parts))
        for loan_id, parts in loans.items()
    ]
