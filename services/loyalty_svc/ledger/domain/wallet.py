"""A customer's wallet: available, held and owed points, and every way they move (L1). Nothing ever goes below zero.

A wallet is loaded, asked to do things, and saved; it remembers the entries it wrote and the lots it touched. Always:
available = what is left in the lots; available and debt are never both above zero (what comes in pays the debt first).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.ledger.domain.borrowing import Borrowing, GivenBack, loans_of
from services.loyalty_svc.ledger.domain.entries import Account, Cause, Entry, LotPart, Posting, check_balanced
from services.loyalty_svc.ledger.domain.holds import Hold
from services.loyalty_svc.ledger.domain.lots import Lot, LotsNotLoaded, LotTerms, first_to_expire
from shared.errors import conflict, invalid
from shared.events.loyalty import EntryKind


class Wallet:
    """One customer's points, changed in memory. `new_entries`, `new_lots` and `changed_lots` are what is to be saved.

    It is loaded with as many lots as a movement can need; LotsNotLoaded when they were too few. After a refusal
    (422 `points_out_of_range`, 409 `not_enough_points`) it is not saved.
    """

    def __init__(
        self, customer_id: UUID, *, new_id: Callable[[], UUID], available: int = 0, held: int = 0, debt: int = 0,
        entries: int = 0, next_expiry: datetime | None = None, lots: Iterable[Lot] = (),
    ) -> None:  # fmt: skip
        self.customer_id = customer_id
        self.available = available
        self.held = held
        self.debt = debt
        self.next_expiry = next_expiry  # no lot with points expires before it; None: no lot has points
        self.lots = {lot.id: lot for lot in lots}
        self.new_entries: list[Entry] = []
        self.new_lots: dict[UUID, Lot] = {}
        self.changed_lots: set[UUID] = set()
        self.borrowings: dict[UUID, Borrowing] = {}  # by the lot here that holds, or held, what was borrowed
        self.given_back: list[GivenBack] = []  # what the lenders have to take back
        self._borrowed_now: set[UUID] = set()
        self._new_id = new_id
        self._number = entries

    @property
    def number(self) -> int:
        """The number of the customer's last entry; 0 before the first."""
        return self._number

    # --- points come in ---------------------------------------------------------------------------------------------

    def earn(
        self, points: int, terms: LotTerms, cause: Cause, *, kind: EntryKind = "earn", source: Account = "issued"
    ) -> Entry:
        """New points: they pay the debt first (K9); the rest is a lot of its own."""
        if points <= 0:
            raise invalid("points_out_of_range", "Only one point or more can be earned.")
        return self._credit(points, [(terms, points)], cause, kind, source)

    def receive_transfer(self, parts: Sequence[tuple[LotTerms, int]], cause: Cause) -> Entry:
        """Points moved here from another customer keep their expiry: a lot for each one they came from."""
        return self._credit(sum(points for _, points in parts), parts, cause, "transfer", "transferred")

    def borrow(self, parts: Sequence[tuple[LotTerms, int]], cause: Cause) -> list[Lot]:
        """Points lent by another wallet, to be spent at once: a lot for each one they came from. They pay no debt."""
        total = sum(points for _, points in parts)
        entry = self._write("borrow", (("lent", -total), ("available", total)), cause)
        lots = [
            Lot(
                entry.id if position == 0 else self._new_id(), entry.id, None, terms.earned_at, terms.expires_at,
                points, points,
            )
            for position, (terms, points) in enumerate(parts)
        ]  # fmt: skip
        for lot in lots:
            self.lots[lot.id] = self.new_lots[lot.id] = lot
            self._borrowed_now.add(lot.id)
            self._note_expiry(lot)
        return lots

    def take_back(self, loan: GivenBack, at: datetime, cause: Cause) -> Entry:
        """Lent points that were not spent return to the lots they came from, with the old expiry (K10)."""
        return self._restore(loan.parts, "lent", "give_back", at, cause)

    def receive_repayment(self, parts: Sequence[tuple[LotTerms, int]], cause: Cause) -> Entry:
        """What the borrower earned repays the loan; the points keep the expiry they were earned with."""
        return self._credit(sum(points for _, points in parts), parts, cause, "repay", "lent")

    def _credit(
        self, points: int, parts: Sequence[tuple[LotTerms, int]], cause: Cause, kind: EntryKind, source: Account
    ) -> Entry:
        owed = paid = min(self.debt, points)
        entry_id = self._new_id()
        for position, (terms, part) in enumerate(sorted(parts, key=lambda p: p[0].expires_at)):
            pays = min(owed, part)
            owed -= pays
            lot_id = entry_id if position == 0 else self._new_id()
            lot = Lot(lot_id, entry_id, terms.order_id, terms.earned_at, terms.expires_at, part, part - pays)
            self.lots[lot.id] = self.new_lots[lot.id] = lot
            self._note_expiry(lot)
        return self._write(
            kind, ((source, -points), ("debt", paid), ("available", points - paid)), cause, entry_id=entry_id
        )

    # --- points are spent -------------------------------------------------------------------------------------------

    def redeem(self, points: int, at: datetime, cause: Cause) -> Entry:
        """Spend points, the first to expire first; the entry remembers of which lots they were."""
        parts = self._debit(points, at)
        return self._write("redeem", (("available", -points), ("redeemed", points)), cause, spent=parts)

    def hold(self, points: int, hold_id: UUID, expires_at: datetime, at: datetime, cause: Cause) -> tuple[Hold, Entry]:
        """Set points aside: they leave their lots now, so nothing else can spend them (K5)."""
        parts = self._debit(points, at)
        entry = self._write("hold", (("available", -points), ("held", points)), cause)
        return Hold(hold_id, self.customer_id, points, parts, expires_at), entry

    def capture(self, hold: Hold, points: int, at: datetime, cause: Cause) -> Entry:
        """Spend a hold, or part of it; the rest is released at once. Held points can be spent after their expiry."""
        spent, rest = hold.capture(points, at)
        entry = self._write("capture", (("held", -points), ("redeemed", points)), cause, spent=spent)
        if rest:
            self._restore(rest, "held", "release", at, cause)
        return entry

    def release(self, hold: Hold, at: datetime, cause: Cause, *, expired: bool = False) -> Entry:
        """End a hold without spending: its points return to their lots. `expired`: time ended it, not a person."""
        return self._restore(hold.release(expired=expired), "held", "release", at, cause)

    def reverse_redemption(self, parts: Sequence[LotPart], at: datetime, cause: Cause) -> Entry:
        """Redeemed points return to the lots they came from, with the old expiry (K10)."""
        return self._restore(parts, "redeemed", "reverse_redemption", at, cause)

    def transfer(self, points: int, at: datetime, cause: Cause) -> tuple[Entry, list[tuple[LotTerms, int]]]:
        """Points leave for another customer; returns the terms of the lots they were of, for `receive_transfer`."""
        parts = self._debit(points, at)
        entry = self._write("transfer", (("available", -points), ("transferred", points)), cause)
        lots = [(self.lots[lot_id], part) for lot_id, part in parts]
        return entry, [(LotTerms(lot.earned_at, lot.expires_at), part) for lot, part in lots]

    def lend(self, points: int, at: datetime, cause: Cause) -> tuple[Entry, tuple[LotPart, ...]]:
        """Points leave for another wallet of the same customer; returns the lots they were of."""
        parts = self._debit(points, at)
        return self._write("borrow", (("available", -points), ("lent", points)), cause), parts

    def earned_now(self) -> int:
        """What came in since the wallet was loaded and is still there, in points: out of it loans are repaid."""
        return sum(lot.remaining for lot in self.new_lots.values() if lot.id not in self._borrowed_now)

    def repay(self, points: int, cause: Cause) -> list[tuple[LotTerms, int]]:
        """Give so much of what came in just now to a lender; returns the terms of the lots it was of."""
        earned = [lot for lot in self.new_lots.values() if lot.id not in self._borrowed_now]
        parts = self._consume(first_to_expire(earned), points)
        self._write("repay", (("available", -points), ("lent", points)), cause)
        return [(LotTerms(self.lots[id].earned_at, self.lots[id].expires_at), part) for id, part in parts]

    # --- points are taken away --------------------------------------------------------------------------------------

    def reverse_earning(
        self, points: int, order_lots: Iterable[UUID], at: datetime, cause: Cause, *, kind: EntryKind = "reverse"
    ) -> Entry:
        """Take earned points back: out of `order_lots`, then of the first to expire, then as a debt (K9).

        What the order's own lots lost by expiry is not taken a second time: nobody had the use of it.
        """
        if points <= 0:
            raise invalid("points_out_of_range", "Only one point or more can be reversed.")
        self.expire_overdue(at)
        own_lots = first_to_expire(self.lots[lot_id] for lot_id in order_lots)
        left = points - sum(part for _, part in self._consume(own_lots, points))
        unused = 0
        for lot in own_lots:
            part = min(left, lot.expired)
            if part:
                lot.expired -= part
                self.changed_lots.add(lot.id)
                left, unused = left - part, unused + part
        left -= sum(part for _, part in self._consume(first_to_expire(self.lots.values()), left))
        if left and self.available != points - unused - left:
            raise LotsNotLoaded(str(self.customer_id))
        taken = points - unused - left
        return self._write(
            kind, (("issued", points), ("expired", -unused), ("available", -taken), ("debt", -left)), cause
        )

    def adjust(self, points: int, terms: LotTerms, at: datetime, cause: Cause) -> Entry:
        """A correction by hand. Less than there is can be taken, never more."""
        if points > 0:
            return self.earn(points, terms, cause, kind="adjust", source="adjusted")
        self._debit(-points, at)
        return self._write("adjust", (("available", points), ("adjusted", -points)), cause)

    def expire_overdue(self, at: datetime) -> list[Entry]:
        """Whatever is left in lots whose time is over expires, an entry a lot. Twice at one instant is once."""
        if self.next_expiry is None or self.next_expiry > at:
            return []
        entries = []
        for lot in first_to_expire(lot for lot in self.lots.values() if lot.remaining and lot.is_overdue(at)):
            points, lot.remaining = lot.remaining, 0
            lot.expired += points
            self.changed_lots.add(lot.id)
            cause = Cause(occurred_at=lot.expires_at, order_id=lot.order_id)
            entries.append(self._write("expire", (("available", -points), ("expired", points)), cause))
        return entries

    # --- the common moves -------------------------------------------------------------------------------------------

    def _debit(self, points: int, at: datetime) -> tuple[LotPart, ...]:
        if points <= 0:
            raise invalid("points_out_of_range", "Points have to be one or more.", pointer="/points")
        self.expire_overdue(at)
        if points > self.available:
            raise conflict("not_enough_points", f"Only {self.available} points can be spent.", available=self.available)
        own = first_to_expire(lot for lot in self.lots.values() if lot.id not in self._borrowed_now)
        borrowed = first_to_expire(self.lots[lot_id] for lot_id in self._borrowed_now)
        parts = self._consume([*own, *borrowed], points)
        if sum(part for _, part in parts) != points:
            raise LotsNotLoaded(str(self.customer_id))
        return tuple(parts)

    def _consume(self, lots: Iterable[Lot], points: int) -> list[LotPart]:
        """Up to so many points out of lots, in the order given."""
        parts: list[LotPart] = []
        for lot in lots:
            if points <= 0:
                break
            part = min(lot.remaining, points)
            if part:
                lot.remaining -= part
                points -= part
                self.changed_lots.add(lot.id)
                parts.append((lot.id, part))
        return parts

    def _restore(self, parts: Sequence[LotPart], source: Account, kind: EntryKind, at: datetime, cause: Cause) -> Entry:
        """Points return to their lots. A debt is paid first, by the first to expire; what is over expires at once.

        Borrowed points that the lender has not got yet only pass through: they pay no debt, and go back to the lender.
        """
        total = sum(points for _, points in parts)
        passing = self._parts_to_give_back(parts)
        lent = dict.fromkeys((lot_id for lot_id, _ in parts), 0)
        for borrowing, points in passing:
            lent[borrowing.borrower_lot] += points
        owed = paid = min(self.debt, total - sum(lent.values()))
        for lot_id, points in sorted(parts, key=lambda part: (self.lots[part[0]].expires_at, part[0])):
            lot, kept = self.lots[lot_id], points - lent[lot_id]
            pays = min(owed, kept)
            owed -= pays
            lot.remaining += kept - pays
            if kept > pays:
                self.changed_lots.add(lot.id)
                self._note_expiry(lot)
        entry = self._write(kind, ((source, -total), ("debt", paid), ("available", total - paid)), cause)
        for loan in loans_of(passing):
            given = sum(points for _, points in loan.parts)
            back = replace(cause, fact_id=loan.loan_id)
            self._write("give_back", (("available", -given), ("lent", given)), back)
            self.given_back.append(loan)
        self.expire_overdue(at)
        return entry

    def _parts_to_give_back(self, parts: Sequence[LotPart]) -> list[tuple[Borrowing, int]]:
        borrowed = [(self.borrowings[lot_id], points) for lot_id, points in parts if lot_id in self.borrowings]
        taken = [(borrowing, borrowing.take(points)) for borrowing, points in borrowed]
        return [(borrowing, points) for borrowing, points in taken if points]

    def _note_expiry(self, lot: Lot) -> None:
        if lot.remaining and (self.next_expiry is None or lot.expires_at < self.next_expiry):
            self.next_expiry = lot.expires_at

    def _write(
        self, kind: EntryKind, postings: Iterable[Posting], cause: Cause, *,
        spent: tuple[LotPart, ...] = (), entry_id: UUID | None = None,
    ) -> Entry:  # fmt: skip
        moved = check_balanced(postings)
        for account, points in moved:
            if account == "available":
                self.available += points
            elif account == "held":
                self.held += points
            elif account == "debt":
                self.debt -= points
        self._number += 1
        entry = Entry(
            entry_id or self._new_id(), self.customer_id, self._number, kind, moved,
            self.available, self.held, self.debt, cause, spent,
        )  # fmt: skip
        self.new_entries.append(entry)
        return entry
