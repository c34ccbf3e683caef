"""The wallet against a model so simple it must be right: every single point is an object that is somewhere (L1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from services.loyalty_svc.ledger.domain.entries import Entry
from services.loyalty_svc.ledger.domain.holds import Hold
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.redemptions.domain import SpentLot, parts_to_reverse
from shared.errors import DomainError
from tests.loyalty_svc.builders import because, day, ids, lot

T = TypeVar("T")
AMOUNTS = st.integers(1, 40)


def attempt(move: Callable[[], T]) -> tuple[T | None, str | None]:
    """What came of it, and the code it was refused with."""
    try:
        return move(), None
    except DomainError as refused:
        return None, refused.code


@dataclass(eq=False)
class Point:
    """One point: which earning it is of, when it ends, and where it is now."""

    order: int
    expires: int
    where: str = "available"
    taken: int = 0  # its position among the points that were taken together


class Oracle:
    """Points one by one. Knows nothing of lots, entries or postings."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.debt = 0

    def at(self, where: str) -> list[Point]:
        return sorted((p for p in self.points if p.where == where), key=lambda p: (p.expires, p.order))

    def arrive(self, points: list[Point]) -> None:
        """Points arrive to be spent: each pays a point of debt while there is one."""
        for point in sorted(points, key=lambda p: (p.expires, p.order)):
            point.where = "gone" if self.debt else "available"
            self.debt -= 1 if self.debt else 0

    def earn(self, order: int, count: int, expires: int) -> None:
        new = [Point(order, expires) for _ in range(count)]
        self.points += new
        self.arrive(new)

    def expire(self, today: int) -> None:
        for point in self.at("available"):
            if point.expires <= today:
                point.where = "expired"

    def take(self, count: int, to: str) -> bool:
        chosen = self.at("available")[:count]
        if len(chosen) < count:
            return False
        for position, point in enumerate(chosen):
            point.where, point.taken = to, position
        return True

    def reverse(self, order: int, count: int) -> None:
        own = [p for p in self.at("available") if p.order == order]
        unused = [p for p in self.at("expired") if p.order == order]
        others = [p for p in self.at("available") if p.order != order]
        for point in (own + unused + others)[:count]:
            point.where = "gone"
        self.debt += max(0, count - len(own + unused + others))


class Ledger(RuleBasedStateMachine):
    orders = Bundle("orders")
    holds = Bundle("holds")
    spendings = Bundle("spendings")

    @initialize()
    def begin(self) -> None:
        self.new_id = ids()
        self.wallet = Wallet(UUID(int=10**9), new_id=self.new_id)
        self.oracle = Oracle()
        self.today = 0
        self.earned: dict[int, tuple[UUID, UUID, int]] = {}
        self.spent_lots: dict[UUID, list[SpentLot]] = {}

    @rule(target=orders, count=AMOUNTS, life=st.integers(1, 12))
    def earn(self, count: int, life: int) -> int:
        number, order_id = len(self.earned) + 1, self.new_id()
        entry = self.wallet.earn(count, lot(self.today, self.today + life, order_id), because(day(self.today)))
        self.earned[number] = (order_id, entry.id, count)
        self.oracle.earn(number, count, self.today + life)
        return number

    @rule(number=orders, share=st.integers(1, 4))
    def an_order_comes_back(self, number: int, share: int) -> None:
        order_id, lot_id, left = self.earned[number]
        count = min(left, max(1, left // share))
        if not count:
            return
        self.oracle.expire(self.today)
        self.oracle.reverse(number, count)
        self.wallet.reverse_earning(count, [lot_id], day(self.today), because())
        self.earned[number] = (order_id, lot_id, left - count)

    @rule(target=spendings, count=AMOUNTS)
    def redeem(self, count: int) -> Entry | None:
        self.oracle.expire(self.today)
        entry, code = attempt(lambda: self.wallet.redeem(count, day(self.today), because()))
        if entry is None:
            assert code == "not_enough_points"
            assert len(self.oracle.at("available")) < count
            return None
        assert self.oracle.take(count, f"spent {entry.id}")
        self.spent_lots[entry.id] = [SpentLot(lot_id, points, 0) for lot_id, points in entry.spent]
        return entry

    @rule(target=holds, count=AMOUNTS)
    def hold(self, count: int) -> Hold | None:
        self.oracle.expire(self.today)
        result, code = attempt(lambda: self.wallet.hold(count, self.new_id(), day(10_000), day(self.today), because()))
        if result is None:
            assert code == "not_enough_points"
            assert len(self.oracle.at("available")) < count
            return None
        hold = result[0]
        assert self.oracle.take(count, f"held {hold.id}")
        return hold

    @rule(target=spendings, hold=holds, share=st.integers(1, 3))
    def capture(self, hold: Hold | None, share: int) -> Entry | None:
        if hold is None or hold.state != "open":
            return None
        count = max(1, hold.points // share)
        entry = self.wallet.capture(hold, count, day(self.today), because())
        held = sorted((p for p in self.oracle.points if p.where == f"held {hold.id}"), key=lambda p: p.taken)
        for point in held[:count]:
            point.where = f"spent {entry.id}"
        if held[count:]:
            self.oracle.arrive(held[count:])
            self.oracle.expire(self.today)
        self.spent_lots[entry.id] = [SpentLot(lot_id, points, 0) for lot_id, points in entry.spent]
        return entry

    @rule(hold=holds, expired=st.booleans())
    def release(self, hold: Hold | None, expired: bool) -> None:
        if hold is None or hold.state != "open":
            return
        self.wallet.release(hold, day(self.today), because(), expired=expired)
        self.oracle.arrive(self.oracle.at(f"held {hold.id}"))
        self.oracle.expire(self.today)

    @rule(entry=spendings, count=st.one_of(st.none(), AMOUNTS))
    def reverse_redemption(self, entry: Entry | None, count: int | None) -> None:
        if entry is None:
            return
        spent = sorted(self.oracle.at(f"spent {entry.id}"), key=lambda p: p.taken, reverse=True)
        parts, code = attempt(lambda: parts_to_reverse(self.spent_lots[entry.id], count))
        if parts is None:
            assert not spent if code == "already_reversed" else len(spent) < (count or 0)
            return
        self.wallet.reverse_redemption(parts, day(self.today), because())
        points_back = dict(parts)
        self.spent_lots[entry.id] = [
            replace(spent_lot, reversed=spent_lot.reversed + points_back.get(spent_lot.lot_id, 0))
            for spent_lot in self.spent_lots[entry.id]
        ]
        self.oracle.arrive(spent[: count if count is not None else len(spent)])
        self.oracle.expire(self.today)

    @rule(points=st.integers(-40, 40).filter(bool))
    def adjust(self, points: int) -> None:
        if points > 0:
            number = len(self.earned) + 1
            entry = self.wallet.adjust(points, lot(self.today, self.today + 9), day(self.today), because())
            self.earned[number] = (UUID(int=0), entry.id, 0)
            self.oracle.earn(number, points, self.today + 9)
            return
        self.oracle.expire(self.today)
        enough = self.oracle.take(-points, "gone")
        _, code = attempt(lambda: self.wallet.adjust(points, lot(), day(self.today), because()))
        assert code == (None if enough else "not_enough_points")

    @rule(days=st.integers(1, 4), run_the_job=st.booleans())
    def time_passes(self, days: int, run_the_job: bool) -> None:
        self.today += days
        if run_the_job:
            self.wallet.expire_overdue(day(self.today))
            self.oracle.expire(self.today)

    @invariant()
    def balances_are_those_of_the_model(self) -> None:
        held = sum(1 for p in self.oracle.points if p.where.startswith("held"))
        model = (len(self.oracle.at("available")), held, self.oracle.debt)
        assert (self.wallet.available, self.wallet.held, self.wallet.debt) == model

    @invariant()
    def the_ledger_is_sound(self) -> None:
        w = self.wallet
        sums: dict[str, int] = {}
        for entry in w.new_entries:
            assert sum(points for _, points in entry.postings) == 0
            assert min(entry.available, entry.held, entry.debt) >= 0
            for account, points in entry.postings:
                sums[account] = sums.get(account, 0) + points
        assert (sums.get("available", 0), sums.get("held", 0), -sums.get("debt", 0)) == (w.available, w.held, w.debt)
        assert sum(piece.remaining for piece in w.lots.values()) == w.available
        assert all(0 <= piece.remaining <= piece.points for piece in w.lots.values())
        assert not (w.available and w.debt)
        assert [entry.number for entry in w.new_entries] == list(range(1, w.number + 1))

    @invariant()
    def lots_hold_what_the_model_holds(self) -> None:
        for number, (_, lot_id, _) in self.earned.items():
            left = sum(1 for p in self.oracle.points if p.order == number and p.where == "available")
            assert self.wallet.lots[lot_id].remaining == left


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
