"""The life of a tier (T10), the correction of a rise (K18) and the fold of a poll (K13), without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.indicators.domain.order_aggregates import OrderHistory, WindowTotals
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import after_order, after_reversal
from tests.tiering_svc.shorthand import (
    CUSTOMER,
    GOLD_AT_550,
    Folded,
    at,
    back,
    bands_document,
    order,
    policy_of,
    rows_in_force,
    rules,
)

FOUR_LEVELS = policy_of(bands_document(("silver", "100"), ("gold", "300"), ("platinum", "600"), lowest="basic"))


def test_K13_an_order_its_return_and_a_smaller_order_leave_silver():
    big, small = order(1, at(1), "400"), order(2, at(3), "200")
    life = Folded().place(big).reverse(back(big)).place(small)
    assert life.moves == [("first", "silver", at(1))]


def test_T10_the_first_order_places_a_customer_once_with_its_final_tier():
    life = Folded().place(order(1, at(1), "700"))
    assert life.moves == [("first", "gold", at(1))]
    assert life.changes[0].previous_tier is None


def test_T10_up_at_once_with_the_order_that_reaches_the_band():
    life = Folded().place(order(1, at(1), "300"), order(2, at(5), "249.99"), order(3, at(9), "0.01"))
    assert life.moves == [("first", "silver", at(1)), ("upgrade", "gold", at(9))]
    assert life.history == [("silver", at(1), at(9)), ("gold", at(9), None)]


def test_T10_an_order_that_leaves_the_window_does_not_lower_a_tier():
    life = Folded().place(order(1, at(1), "600"), order(2, at(1, month=6, year=2027), "1"))
    assert life.moves == [("first", "gold", at(1))]


def test_K18_a_rise_by_one_order_that_comes_back_whole_is_corrected_from_its_date():
    base, big = order(1, at(1), "100"), order(2, at(5), "500")
    life = Folded().place(base, big).reverse(back(big))
    assert life.moves[-1] == ("correction", "silver", at(5))
    assert life.changes[-1].previous_tier == "gold"
    assert life.history == [("silver", at(1), at(5)), ("silver", at(5), None)]


def test_K18_gold_by_the_very_first_order_is_corrected_from_its_date():
    big = order(1, at(5), "600")
    life = Folded().place(big).reverse(back(big))
    assert life.history == [("silver", at(5), None)]
    assert [kind for kind, _, _ in life.moves] == ["first", "correction"]


def test_K18_a_later_order_that_would_have_lifted_anyway_lifts_at_its_own_date():
    base, big, later = order(1, at(1), "300"), order(2, at(5), "500"), order(3, at(9), "400")
    life = Folded().place(base, big, later).reverse(back(big))
    assert life.moves[-2:] == [("correction", "silver", at(5)), ("upgrade", "gold", at(9))]
    assert life.history == [("silver", at(1), at(5)), ("silver", at(5), at(9)), ("gold", at(9), None)]


def test_K18_a_return_that_the_rise_can_bear_changes_nothing():
    base, big = order(1, at(1), "100"), order(2, at(5), "500")
    life = Folded().place(base, big).reverse(back(big, "40"))
    assert life.moves == [("first", "silver", at(1)), ("upgrade", "gold", at(5))]


def test_K18_a_correction_falls_to_what_was_there_before_not_below():
    first, second, third = order(1, at(1), "100"), order(2, at(2), "200"), order(3, at(3), "300")
    life = Folded(rules(FOUR_LEVELS)).place(first, second, third)
    assert life.standing.tier == "platinum"
    life.reverse(back(first), back(second), back(third))
    assert life.standing.tier == "gold"  # that row is closed history: the next review looks at it
    assert life.history[:2] == [("silver", at(1), at(2)), ("gold", at(2), at(3))]


def test_K18_a_correction_can_be_corrected_again():
    first, second, third = order(1, at(1), "50"), order(2, at(5), "250"), order(3, at(5), "300")
    life = Folded(rules(FOUR_LEVELS)).place(first, second, third)
    assert life.history == [("basic", at(1), at(5)), ("platinum", at(5), None)]
    assert life.reverse(back(third)).standing.tier == "gold"
    assert life.reverse(back(second)).standing.tier == "basic"
    assert life.history == [("basic", at(1), at(5)), ("basic", at(5), None)]


def test_K18_a_tier_lowered_by_a_review_is_not_corrected():
    standing = Standing(CUSTOMER, "gold", 1, at(1), UUID(int=5), "downgrade", ladder="silver<gold", floor_rank=1)
    first = order(1, at(1), "600")
    history = OrderHistory(12, [first])
    assert after_reversal(standing, back(first), history, rules()) == (standing, [])


def test_T10_a_late_order_raises_at_the_order_that_together_with_it_reached_the_band():
    life = Folded().place(order(1, at(1, month=1), "100"), order(2, at(20), "400"), order(3, at(5), "100"))
    assert life.moves == [("first", "silver", at(1, month=1)), ("upgrade", "gold", at(20))]


def test_T10_a_late_order_never_reaches_into_closed_history():
    life = Folded().place(order(1, at(10), "400"), order(2, at(2), "200"))
    assert life.moves == [("first", "silver", at(10)), ("upgrade", "gold", at(10))]
    assert life.history == [("gold", at(10), None)]


def test_T10_on_another_pyramid_an_order_waits_for_the_review():
    life = Folded().place(order(1, at(1), "100"))
    life.rules = rules(FOUR_LEVELS)
    assert life.place(order(2, at(2), "9000")).standing.tier == "silver"


def test_T10_without_up_at_once_everybody_starts_at_the_lowest_level():
    slow = policy_of(bands_document(("gold", "550"), up_at_once=False))
    life = Folded(rules(slow)).place(order(1, at(1), "9000"), order(2, at(2), "9000"))
    assert life.moves == [("first", "silver", at(1))]


def test_T10_grace_ends_when_orders_carry_the_tier_again():
    life = Folded().place(order(1, at(1), "600"))
    watched = Standing(
        CUSTOMER,
        "gold",
        1,
        at(1),
        UUID(int=5),
        "first",
        ladder="silver<gold",
        below_since=at(1, 5),
        grace_until=at(1, 6),
    )
    life.standing = watched
    assert life.place(order(2, at(20, 4), "1")).standing.below_since == at(1, 5)  # before that review: no news
    assert life.place(order(3, at(2, 5), "1")).standing.below_since is None


FACTS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(0, 400), st.integers(1, 40)),
        st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 100)),
    ),
    min_size=1,
    max_size=25,
)


def fold(facts: list[tuple[str, int, int]], splits: set[int], life: Folded) -> Folded:
    """Fold the facts; at each split orders are made anew from what is stored, on the fast path where it may be used."""
    placed: list[Order] = []
    for position, (kind, index, size) in enumerate(facts):
        if position in splits:
            life.orders = OrderHistory(12, life.orders.by_id.values())
        if kind == "order":
            day = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=index)
            placed.append(order(len(placed) + 1, day, str(size * 10), margin=str(size), quantity=100))
            place(life, placed[-1], fast=position in splits)
        elif placed:
            now = life.orders.by_id[placed[index % len(placed)].order_id]
            part = now.amount if size >= now.quantity else (now.amount * size / 100).quantize(Decimal("0.01"))
            life.reverse(back(now, str(part), min(size, now.quantity)))
    return life


def place(life: Folded, placed: Order, *, fast: bool) -> None:
    newest = max((o.placed_at for o in life.orders.by_id.values() if o.quantity), default=None)
    start = placed.placed_at if life.standing.since is None else max(placed.placed_at, life.standing.since)
    if not fast or (newest is not None and newest > start):
        life.place(placed)
        return
    last = month_of(start, UTC)
    _, _, figures = next(life.orders.walk(start, last))
    life.standing, changes = after_order(life.standing, placed, WindowTotals(12, {last: figures}), life.rules)
    life.orders.add(placed)
    life.changes += changes


@settings(max_examples=200, deadline=None)
@given(FACTS, st.data())
def test_T10_any_split_into_batches_gives_the_same_standing_and_changes(facts, data):
    splits = data.draw(st.sets(st.integers(0, len(facts))))
    whole = fold(facts, set(), Folded(rules(FOUR_LEVELS)))
    split = fold(facts, splits, Folded(rules(FOUR_LEVELS)))
    assert split.standing == whole.standing
    assert split.changes == whole.changes


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_T10_history_has_no_gap_no_overlap_and_one_open_row(facts):
    life = fold(facts, set(), Folded(rules(FOUR_LEVELS)))
    rows = sorted(rows_in_force(life.first, life.changes), key=lambda row: row[1])
    for (_, _, end), (_, start, _) in pairwise(rows):
        assert end == start
    assert [row[2] for row in rows].count(None) == (1 if rows else 0)
    if rows:
        assert rows[-1] == (life.standing.tier, life.standing.since, None)


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_K18_the_open_rise_is_always_earned_at_its_date(facts):
    """An independent look: sum what is left of the orders up to the row's start, and grade it by hand."""
    life = fold(facts, set(), Folded(rules(FOUR_LEVELS)))
    standing = life.standing
    if standing.tier is None or standing.rank <= standing.floor_rank:
        return
    start = standing.since
    months = start.year * 12 + start.month
    total = sum(
        o.amount
        for o in life.orders.by_id.values()
        if o.placed_at <= start and months - (o.placed_at.year * 12 + o.placed_at.month) < 12
    )
    assert total >= {"silver": 100, "gold": 300, "platinum": 600}[standing.tier]


def test_T10_sums_of_windows_follow_an_order_into_every_window_that_holds_it():
    march, april = month_of(at(1), UTC), month_of(at(1, 4), UTC)
    windows = WindowTotals(1, {march: Figures(), april: Figures()})
    windows.add(order(1, at(2), "10"))
    assert windows.by_last_month[march].amount == 10
    assert windows.by_last_month[april].orders == 0
    assert GOLD_AT_550.grade(windows.by_last_month[march], march) == 0
