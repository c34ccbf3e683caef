"""A customer's wallet: available, held and owed points, and every way they move (L1). Nothing ever goes below zero.

A wallet is loaded, asked to do things, and saved; it remembers the entries it wrote and the lots it touched. Always:
available = what is left in the lots; available and debt are never both above zero (what comes in pays the debt first).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Account, Cause, Entry, Part, Posting, balanced
from services.loyalty_svc.ledger.domain.holds import Hold
from services.loyalty_svc.ledger.domain.lots import Lot, LotsNotLoaded, LotTerms, first_to_expire
from shared.errors import conflict, invalid
from shared.events.loyalty import EntryKind


class Wallet:
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
        self.written: list[Entry] = []
        self.new_lots: dict[UUID, Lot] = {}
        self.touched: set[UUID] = set()
        self._new_id = new_id
        self._number = entries

    @property
    def number(self) -> int:
        return self._number

    # --- points come in ---------------------------------------------------------------------------------------------

    def earn(
        self, points: int, terms: LotTerms, cause: Cause, *, kind: EntryKind = "earn", source: Account = "issued"
    ) -> Entry:
        """New points: they pay the debt first (K9); the rest is a lot of its own."""
        if points <= 0:
            raise invalid("points_out_of_range", "what is earned is more than nothing")
        return self._bring(points, [(terms, points)], cause, kind, source)

    def receive(self, parts: Sequence[tuple[LotTerms, int]], cause: Cause) -> Entry:
        """Points moved here from another customer keep their expiry: a lot for each one they came from."""
        return self._bring(sum(points for _, points in parts), parts, cause, "transfer", "transferred")

    def _bring(
        self, points: int, parts: Sequence[tuple[LotTerms, int]], cause: Cause, kind: EntryKind, source: Account
    ) -> Entry:
        owed = paid = min(self.debt, points)
        entry_id = self._new_id()
        for place, (terms, part) in enumerate(sorted(parts, key=lambda p: p[0].expires_at)):
            pays = min(owed, part)
            owed -= pays
            lot_id = entry_id if place == 0 else self._new_id()
            lot = Lot(lot_id, entry_id, terms.order_id, terms.earned_at, terms.expires_at, part, part - pays)
            self.lots[lot.id] = self.new_lots[lot.id] = lot
            self._expect_expiry(lot)
        return self._write(
            kind, ((source, -points), ("debt", paid), ("available", points - paid)), cause, entry_id=entry_id
        )

    # --- points are spent -------------------------------------------------------------------------------------------

    def redeem(self, points: int, at: datetime, cause: Cause) -> Entry:
        parts = self._take(points, at)
        return self._write("redeem", (("available", -points), ("redeemed", points)), cause, spent=parts)

    def hold(self, points: int, hold_id: UUID, expires_at: datetime, at: datetime, cause: Cause) -> tuple[Hold, Entry]:
        """Set points aside: they leave their lots now, so nothing else can spend them (K5)."""
        parts = self._take(points, at)
        entry = self._write("hold", (("available", -points), ("held", points)), cause)
        return Hold(hold_id, self.customer_id, points, parts, expires_at), entry

    def capture(self, hold: Hold, points: int, at: datetime, cause: Cause) -> Entry:
        """Spend a hold, or part of it; the rest is released at once. Held points can be spent after their expiry."""
        spent, rest = hold.capture(points, at)
        entry = self._write("capture", (("held", -points), ("redeemed", points)), cause, spent=spent)
        if rest:
            self._put_back(rest, "held", "release", at, cause)
        return entry

    def release(self, hold: Hold, at: datetime, cause: Cause, *, expired: bool = False) -> Entry:
        return self._put_back(hold.release(expired=expired), "held", "release", at, cause)

    def give_back(self, parts: Sequence[Part], at: datetime, cause: Cause) -> Entry:
        """Redeemed points return to the lots they came from, with the old expiry (K10)."""
        return self._put_back(parts, "redeemed", "give_back", at, cause)

    def transfer(self, points: int, at: datetime, cause: Cause) -> tuple[Entry, list[tuple[LotTerms, int]]]:
        """Points leave for another customer; says of which lots they were, for `receive`."""
        parts = self._take(points, at)
        entry = self._write("transfer", (("available", -points), ("transferred", points)), cause)
        lots = [(self.lots[lot_id], part) for lot_id, part in parts]
        return entry, [(LotTerms(lot.earned_at, lot.expires_at), part) for lot, part in lots]

    # --- points are taken away --------------------------------------------------------------------------------------

    def reverse(self, points: int, order_id: UUID, own: Iterable[UUID], at: datetime, cause: Cause) -> Entry:
        """Take earned points back: from the order's own lots, then the first to expire, then as a debt (K9).

        What the order's own lots lost by expiry is not taken a second time: nobody had the use of it.
        """
        if points <= 0:
            raise invalid("points_out_of_range", "what is reversed is more than nothing")
        self.expire_due(at)
        own_lots = first_to_expire(self.lots[lot_id] for lot_id in own)
        left = points - sum(part for _, part in self._consume(own_lots, points))
        unused = 0
        for lot in own_lots:
            part = min(left, lot.expired)
            if part:
                lot.expired -= part
                self.touched.add(lot.id)
                left, unused = left - part, unused + part
        left -= sum(part for _, part in self._consume(first_to_expire(self.lots.values()), left))
        if left and self.available != points - unused - left:
            raise LotsNotLoaded(str(self.customer_id))
        taken = points - unused - left
        return self._write(
            "reverse", (("issued", points), ("expired", -unused), ("available", -taken), ("debt", -left)), cause
        )

    def adjust(self, points: int, terms: LotTerms, at: datetime, cause: Cause) -> Entry:
        """A correction by hand. Less than there is can be taken, never more."""
        if points > 0:
            return self.earn(points, terms, cause, kind="adjust", source="adjusted")
        self._take(-points, at)
        return self._write("adjust", (("available", points), ("adjusted", -points)), cause)

    def expire_due(self, at: datetime) -> list[Entry]:
        """Whatever is left in lots whose time is over expires, an entry a lot. Twice at one instant is once."""
        if self.next_expiry is None or self.next_expiry > at:
            return []
        entries = []
        for lot in first_to_expire(lot for lot in self.lots.values() if lot.remaining and lot.is_over(at)):
            points, lot.remaining = lot.remaining, 0
            lot.expired += points
            self.touched.add(lot.id)
            cause = Cause(occurred_at=lot.expires_at, order_id=lot.order_id)
            entries.append(self._write("expire", (("available", -points), ("expired", points)), cause))
        return entries

    # --- the common moves -------------------------------------------------------------------------------------------

    def _take(self, points: int, at: datetime) -> tuple[Part, ...]:
        if points <= 0:
            raise invalid("points_out_of_range", "points are one or more", pointer="/points")
        self.expire_due(at)
        if points > self.available:
            raise conflict("not_enough_points", f"{self.available} can be spent", available=self.available)
        parts = self._consume(first_to_expire(self.lots.values()), points)
        if sum(part for _, part in parts) != points:
            raise LotsNotLoaded(str(self.customer_id))
        return tuple(parts)

    def _consume(self, lots: Iterable[Lot], points: int) -> list[Part]:
        """Up to so many points out of lots, in the order given."""
        parts: list[Part] = []
        for lot in lots:
            if points <= 0:
                break
            part = min(lot.remaining, points)
            if part:
                lot.remaining -= part
                points -= part
                self.touched.add(lot.id)
                parts.append((lot.id, part))
        return parts

    def _put_back(self, parts: Sequence[Part], source: Account, kind: EntryKind, at: datetime, cause: Cause) -> Entry:
        """Points return to their lots. A debt is paid first, by the first to expire; what is over expires at once."""
        total = sum(points for _, points in parts)
        owed = paid = min(self.debt, total)
        for lot_id, points in sorted(parts, key=lambda part: (self.lots[part[0]].expires_at, part[0])):
            lot, pays = self.lots[lot_id], min(owed, points)
            owed -= pays
            lot.remaining += points - pays
            if points > pays:
                self.touched.add(lot.id)
                self._expect_expiry(lot)
        entry = self._write(kind, ((source, -total), ("debt", paid), ("available", total - paid)), cause)
        self.expire_due(at)
        return entry

    def _expect_expiry(self, lot: Lot) -> None:
        if lot.remaining and (self.next_expiry is None or lot.expires_at < self.next_expiry):
            self.next_expiry = lot.expires_at

    def _write(
        self, kind: EntryKind, postings: Iterable[Posting], cause: Cause, *,
        spent: tuple[Part, ...] = (), entry_id: UUID | None = None,
    ) -> Entry:  # fmt: skip
        moved = balanced(postings)
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
        self.written.append(entry)
        return entry
