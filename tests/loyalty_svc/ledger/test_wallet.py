"""The wallet's rules one by one (L1): what each movement does to balances, lots, holds and debts."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.loyalty_svc.ledger.domain.entries import Cause, points_posted_events
from services.loyalty_svc.ledger.domain.lots import LotsNotLoaded
from services.loyalty_svc.ledger.domain.wallet import Wallet
from shared.errors import DomainError
from tests.loyalty_svc.builders import because, day, ids, lot, wallet
from tests.loyalty_svc.support import (
    balances,
    code_of,
)

ORDER, OTHER = UUID(int=501), UUID(int=502)
HOLD = UUID(int=900)


def test_L1_every_entry_sums_to_zero_and_counts_on() -> None:
    w = wallet()
    w.earn(100, lot(), because())
    w.redeem(30, day(1), because())
    hold, _ = w.hold(50, HOLD, day(20), day(1), because())
    w.capture(hold, 20, day(2), because())
    assert [e.number for e in w.new_entries] == [1, 2, 3, 4, 5]
    assert [e.kind for e in w.new_entries] == ["earn", "redeem", "hold", "capture", "release"]
    assert all(sum(points for _, points in e.postings) == 0 for e in w.new_entries)
    assert balances(w) == (50, 0, 0)
    assert [e.points for e in w.new_entries] == [100, -30, -50, 0, 30]


def test_L1_the_first_to_expire_is_used_first() -> None:
    w = wallet()
    late = w.earn(100, lot(expires=50), because())
    soon = w.earn(100, lot(expires=20), because())
    spent = w.redeem(120, day(1), because()).spent
    assert spent == ((soon.id, 100), (late.id, 20))


def test_K5_the_sixth_hold_of_a_thousand_on_five_thousand_is_refused() -> None:
    w = wallet()
    w.earn(5_000, lot(), because())
    next_id = ids(900)
    for _ in range(5):
        w.hold(1_000, next_id(), day(20), day(1), because())
    with pytest.raises(DomainError) as refused:
        w.hold(1_000, next_id(), day(20), day(1), because())
    assert code_of(refused) == "not_enough_points"
    assert balances(w) == (0, 5_000, 0)


def test_K9_what_was_spent_becomes_a_debt_that_later_earning_pays_first() -> None:
    w = wallet()
    earned = w.earn(100, lot(order=ORDER), because(order_id=ORDER))
    w.redeem(80, day(1), because())
    reverse = w.reverse_earning(100, [earned.id], day(2), because())
    assert balances(w) == (0, 0, 80)
    assert reverse.points == -100
    later = w.earn(50, lot(order=OTHER), because())
    assert balances(w) == (0, 0, 30)
    assert dict(later.postings) == {"issued": -50, "debt": 50}
    w.earn(50, lot(), because())
    assert balances(w) == (20, 0, 0)
    assert sum(piece.remaining for piece in w.lots.values()) == 20


def test_K9_a_return_takes_the_orders_own_points_first_then_the_first_to_expire() -> None:
    w = wallet()
    soon = w.earn(10, lot(expires=5), because())
    own = w.earn(30, lot(expires=100, order=ORDER), because())
    late = w.earn(10, lot(expires=200), because())
    w.reverse_earning(20, [own.id], day(1), because())
    assert [w.lots[e.id].remaining for e in (soon, own, late)] == [10, 10, 10]
    w.reverse_earning(15, [own.id], day(1), because())
    assert [w.lots[e.id].remaining for e in (soon, own, late)] == [5, 0, 10]


def test_K10_what_is_given_back_returns_to_its_lots_with_the_old_expiry() -> None:
    w = wallet()
    a = w.earn(100, lot(expires=20), because())
    b = w.earn(100, lot(expires=50), because())
    spent = w.redeem(150, day(1), because()).spent
    w.reverse_redemption(spent, day(2), because())
    assert (w.lots[a.id].remaining, w.lots[a.id].expires_at) == (100, day(20))
    assert (w.lots[b.id].remaining, w.lots[b.id].expires_at) == (100, day(50))


def test_K10_given_back_after_the_lot_expired_it_expires_at_once() -> None:
    w = wallet()
    w.earn(100, lot(expires=20), because())
    w.earn(100, lot(expires=50), because())
    spent = w.redeem(150, day(1), because()).spent
    w.reverse_redemption(spent, day(30), because())
    assert balances(w) == (100, 0, 0)
    assert [(e.kind, e.points) for e in w.new_entries[-2:]] == [("reverse_redemption", 150), ("expire", -100)]


def test_K10_given_back_points_pay_a_debt_first() -> None:
    w = wallet()
    earned = w.earn(100, lot(order=ORDER), because())
    spent = w.redeem(100, day(1), because()).spent
    w.reverse_earning(100, [earned.id], day(2), because())
    w.reverse_redemption(spent, day(3), because())
    assert balances(w) == (0, 0, 0)


def test_L1_expiry_is_by_lot_and_happens_once() -> None:
    w = wallet()
    w.earn(10, lot(expires=5), because())
    w.earn(20, lot(expires=6), because())
    w.earn(40, lot(expires=60), because())
    assert [e.points for e in w.expire_overdue(day(6))] == [-10, -20]
    assert w.expire_overdue(day(6)) == []
    assert balances(w) == (40, 0, 0)
    assert w.new_entries[-1].cause.occurred_at == day(6)


def test_L1_an_overdue_lot_cannot_be_spent_even_if_no_job_ran() -> None:
    w = wallet()
    w.earn(10, lot(expires=5), because())
    with pytest.raises(DomainError) as refused:
        w.redeem(10, day(5), because())
    assert code_of(refused) == "not_enough_points"


def test_L1_points_that_expired_unused_are_not_taken_again_when_the_order_comes_back() -> None:
    w = wallet()
    own = w.earn(10, lot(expires=5, order=ORDER), because())
    w.earn(40, lot(expires=60), because())
    w.expire_overdue(day(6))
    entry = w.reverse_earning(10, [own.id], day(7), because())
    assert balances(w) == (40, 0, 0)
    assert (entry.points, dict(entry.postings)) == (0, {"issued": 10, "expired": -10})


def test_L1_a_hold_ends_once() -> None:
    w = wallet()
    w.earn(100, lot(), because())
    hold, _ = w.hold(60, HOLD, day(20), day(1), because())
    w.release(hold, day(2), because())
    assert balances(w) == (100, 0, 0)
    for end in (lambda: w.capture(hold, 10, day(3), because()), lambda: w.release(hold, day(3), because())):
        with pytest.raises(DomainError) as ended:
            end()
        assert code_of(ended) == "hold_not_open"
    assert balances(w) == (100, 0, 0)


def test_L1_a_hold_is_over_at_its_end_for_who_spends_it_not_for_who_gives_it_back() -> None:
    w = wallet()
    w.earn(100, lot(), because())
    hold, _ = w.hold(60, HOLD, day(3), day(1), because())
    with pytest.raises(DomainError) as over:
        w.capture(hold, 10, day(3), because())
    assert (code_of(over), hold.state, balances(w)) == ("hold_not_open", "open", (40, 60, 0))
    w.release(hold, day(3), because())
    assert balances(w) == (100, 0, 0)


def test_L1_held_points_can_be_spent_after_their_expiry_but_not_released_into_life() -> None:
    w = wallet()
    w.earn(100, lot(expires=5), because())
    hold, _ = w.hold(100, HOLD, day(20), day(1), because())
    assert w.expire_overdue(day(9)) == []
    w.capture(hold, 60, day(9), because())
    assert [(e.kind, e.points) for e in w.new_entries[-3:]] == [("capture", 0), ("release", 40), ("expire", -40)]
    assert balances(w) == (0, 0, 0)


def test_L1_a_hold_cannot_be_captured_beyond_its_points() -> None:
    w = wallet()
    w.earn(100, lot(), because())
    hold, _ = w.hold(60, HOLD, day(20), day(1), because())
    with pytest.raises(DomainError) as more:
        w.capture(hold, 61, day(1), because())
    assert code_of(more) == "points_out_of_range"
    assert hold.state == "open"


def test_L1_a_released_hold_pays_a_debt_first() -> None:
    w = wallet()
    own = w.earn(100, lot(order=ORDER), because())
    hold, _ = w.hold(100, HOLD, day(20), day(1), because())
    w.reverse_earning(100, [own.id], day(1), because())
    assert balances(w) == (0, 100, 100)
    w.release(hold, day(2), because())
    assert balances(w) == (0, 0, 0)


@pytest.mark.parametrize("points", [0, -5])
def test_L1_nothing_or_less_cannot_be_spent(points: int) -> None:
    w = wallet()
    w.earn(30, lot(), because())
    with pytest.raises(DomainError) as refused:
        w.redeem(points, day(1), because())
    assert code_of(refused) == "points_out_of_range"


def test_L1_too_few_loaded_lots_are_a_fault_never_a_debt() -> None:
    w = Wallet(UUID(int=7), new_id=ids(), available=50)
    with pytest.raises(LotsNotLoaded):
        w.redeem(10, day(1), because())
    with pytest.raises(LotsNotLoaded):
        w.reverse_earning(60, [], day(1), because())


def test_L1_an_entry_announces_its_effect_and_the_balances_after_it() -> None:
    w = wallet()
    w.earn(100, lot(), Cause(occurred_at=day(0), order_id=ORDER))
    own = w.new_entries[0]
    w.redeem(100, day(1), replace(own.cause, order_id=None))
    w.reverse_earning(40, [own.id], day(2), own.cause)
    events = points_posted_events(w.new_entries, day(2))
    assert [(e.kind, e.points, e.balance, e.debt) for e in events] == [
        ("earn", 100, 100, 0), ("redeem", -100, 0, 0), ("reverse", -40, 0, 40),
    ]  # fmt: skip
    assert events[0].order_id == ORDER
    assert sum(e.points for e in events) == events[-1].balance - events[-1].debt
