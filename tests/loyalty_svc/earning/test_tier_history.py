"""The tier in force when an order was placed, whatever is corrected later (L2, K8, K18)."""

from services.loyalty_svc.earning.domain.tier_history import TierHistory, TierPeriod
from tests.loyalty_svc.builders import day


def period(tier: str, since: float) -> TierPeriod:
    return TierPeriod(day(since), tier)


def known() -> TierHistory:
    return TierHistory([period("silver", 1), period("gold", 4), period("platinum", 6)])


def test_L2_the_tier_is_the_one_effective_when_the_order_was_placed() -> None:
    assert TierHistory().at(day(5)) is None
    history = TierHistory([period("gold", 4), period("silver", 2)])
    assert [history.at(day(n)) for n in (1, 2, 3.9, 4, 9)] == [None, "silver", "silver", "gold", "gold"]


def test_K18_a_tail_replaces_what_stood_from_its_beginning_on() -> None:
    history = known()
    history.replace_tail(day(4), [period("silver", 4), period("gold", 8)])
    assert [history.at(day(n)) for n in (0, 1, 4, 6, 8)] == [None, "silver", "silver", "silver", "gold"]
    history.replace_tail(day(0), [period("basic", 0)])
    assert [history.at(day(n)) for n in (0, 4, 8)] == ["basic"] * 3


def test_K18_a_tail_may_leave_a_row_that_stood_and_take_what_followed_it() -> None:
    history = known()
    history.replace_tail(day(1), [period("silver", 1)])
    assert [history.at(day(n)) for n in (0, 1, 4, 9)] == [None, "silver", "silver", "silver"]


def test_K8_a_tail_heard_again_changes_nothing() -> None:
    tail = [period("silver", 4), period("gold", 8)]
    once, twice = known(), known()
    once.replace_tail(day(4), tail)
    for _ in range(2):
        twice.replace_tail(day(4), tail)
    assert once.periods == twice.periods


def test_K18_a_history_may_begin_later_than_it_did() -> None:
    history = known()
    history.replace_tail(day(1), [period("gold", 5)])
    assert [history.at(day(n)) for n in (1, 4, 5)] == [None, None, "gold"]
