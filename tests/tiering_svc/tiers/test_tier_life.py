"""The life of a tier (T10), the correction of a rise (K18) and the fold of a poll (K13), without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.indicators.domain.window_totals import WindowTotals
from tests.tiering_svc.shorthand import GOLD_AT_550, Folded, at, back, bands_document, order, policy_of, rules

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


def test_K21_every_step_that_stood_on_what_came_back_falls_at_its_own_date():
    first, second, third = order(1, at(1), "100"), order(2, at(2), "200"), order(3, at(3), "300")
    life = Folded(rules(FOUR_LEVELS)).place(first, second, third)
    assert life.standing.tier == "platinum"
    life.reverse(back(first), back(second), back(third))
    assert life.kinds == [("correction", "basic", at(day)) for day in (1, 2, 3)]


def test_K18_a_correction_can_be_corrected_again():
    first, second, third = order(1, at(1), "50"), order(2, at(5), "250"), order(3, at(5), "300")
    life = Folded(rules(FOUR_LEVELS)).place(first, second, third)
    assert life.history == [("basic", at(1), at(5)), ("platinum", at(5), None)]
    assert life.reverse(back(third)).standing.tier == "gold"
    assert life.reverse(back(second)).standing.tier == "basic"
    assert life.history == [("basic", at(1), at(5)), ("basic", at(5), None)]


def test_T10_a_tier_lowered_by_a_review_is_corrected_only_where_a_return_lowers_it():
    no_grace = policy_of(bands_document(("gold", "550"), months=1, grace_months=0))
    life = Folded(rules(no_grace)).place(order(1, at(1), "600")).review(at(1, 5))
    assert life.kinds == [("first", "gold", at(1)), ("downgrade", "silver", at(1, 5))]
    life.reverse(back(life.orders[0]))
    assert life.kinds == [("correction", "silver", at(1))]  # never gold, so nothing was left to lower


def test_T10_a_late_order_raises_at_the_order_that_together_with_it_reached_the_band():
    life = Folded().place(order(1, at(1, month=1), "100"), order(2, at(20), "400"), order(3, at(5), "100"))
    assert life.moves == [("first", "silver", at(1, month=1)), ("upgrade", "gold", at(20))]


def test_T10_a_late_order_counts_from_its_own_date():
    life = Folded().place(order(1, at(10), "400"), order(2, at(2), "200"))
    assert life.kinds == [("first", "silver", at(2)), ("upgrade", "gold", at(10))]
    assert life.history == [("silver", at(2), at(10)), ("gold", at(10), None)]


def test_T10_on_another_pyramid_an_order_waits_for_the_review():
    life = Folded().place(order(1, at(1), "100")).activate(FOUR_LEVELS, at(1, hour=13))
    assert life.place(order(2, at(2), "9000")).standing.tier == "silver"


def test_T10_without_up_at_once_everybody_starts_at_the_lowest_level():
    slow = policy_of(bands_document(("gold", "550"), up_at_once=False))
    life = Folded(rules(slow)).place(order(1, at(1), "9000"), order(2, at(2), "9000"))
    assert life.moves == [("first", "silver", at(1))]


def test_T10_grace_ends_when_orders_carry_the_tier_again():
    short = policy_of(bands_document(("gold", "550"), months=1))
    life = Folded(rules(short)).place(order(1, at(1), "600")).review(at(1, 5))
    assert life.standing.below_since == at(1, 5)
    assert life.place(order(2, at(20, 4), "1")).standing.below_since == at(1, 5)  # before that review: no news
    assert life.place(order(3, at(2, 5), "600")).standing.below_since is None
    assert [(watch.below_since, watch.ended_at) for watch in life.kept.watches] == [(at(1, 5), at(2, 5))]


def test_K21_a_grace_goes_on_when_the_order_that_ended_it_comes_back():
    short = policy_of(bands_document(("gold", "550"), months=1, grace_months=2))
    life = Folded(rules(short)).place(order(1, at(1), "600")).review(at(1, 5)).place(order(3, at(2, 5), "600"))
    life.reverse(back(life.orders[-1]))
    assert (life.standing.below_since, life.standing.grace_until) == (at(1, 5), at(1, 7))


def test_K21_a_retention_goes_on_when_a_rise_above_it_is_corrected():
    kept = policy_of(bands_document(("silver", "100"), ("gold", "300"), lowest="basic", keep_months=12))
    life = Folded(rules(kept)).place(order(1, at(1), "100"), order(2, at(5, 4), "300"))
    assert life.standing.retained_until == at(5, 4, year=2027)
    life.reverse(back(life.orders[-1]))
    assert (life.standing.tier, life.standing.retained_until) == ("silver", at(1, year=2027))


def test_K22_a_review_of_an_earlier_date_sees_nothing_that_happened_later():
    no_grace = policy_of(bands_document(("gold", "550"), months=1, grace_months=0))
    life = Folded(rules(no_grace)).place(order(1, at(1), "600"), order(2, at(1, 7), "600")).review(at(1, 5))
    assert life.kinds == [
        ("first", "gold", at(1)), ("downgrade", "silver", at(1, 5)), ("upgrade", "gold", at(1, 7))
    ]  # fmt: skip


FACTS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(0, 400), st.integers(1, 40)),
        st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 100)),
        st.tuples(st.just("review"), st.integers(0, 400), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


def fold(facts: list[tuple[str, int, int]], life: Folded) -> Folded:
    left: dict[UUID, Order] = {}
    for kind, index, size in facts:
        day = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=index)
        if kind == "order":
            placed = order(len(life.orders) + 1, day, str(size * 10), margin=str(size), quantity=100)
            left[placed.order_id] = placed
            life.place(placed)
        elif kind == "review":
            life.review(day)
        elif left:
            now = left[life.orders[index % len(life.orders)].order_id]
            part = now.amount if size >= now.quantity else (now.amount * size / 100).quantize(Decimal("0.01"))
            reversal = back(now, str(part), min(size, now.quantity))
            left[now.order_id] = now.less(reversal)
            life.reverse(reversal)
    return life


@settings(max_examples=200, deadline=None)
@given(FACTS, st.randoms(use_true_random=False))
def test_K20_the_same_facts_in_any_order_give_the_same_life(facts, random):
    life = fold(facts, Folded(rules(FOUR_LEVELS)))
    life.fold()
    again = Folded(rules(FOUR_LEVELS))
    again.orders, again.reversals, again.reviews = list(life.orders), list(life.reversals), list(life.reviews)
    for shuffled in (again.orders, again.reversals):
        random.shuffle(shuffled)
    again.fold()
    assert again.kinds == life.kinds
    assert [row.reasons for row in again.kept.rows] == [row.reasons for row in life.kept.rows]
    assert again.standing._replace(row_id=None) == life.standing._replace(row_id=None)
    assert again.kept.watches == life.kept.watches


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_T10_history_has_no_gap_no_overlap_and_one_open_row(facts):
    life = fold(facts, Folded(rules(FOUR_LEVELS)))
    starts = [row.effective_from for row in life.kept.rows]
    assert starts == sorted(set(starts))
    assert (life.standing.tier, life.standing.since) == ((life.history[-1][:2]) if life.history else (None, None))


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_K18_what_came_back_counts_as_if_it_had_never_been_bought(facts):
    """The twin who never bought what came back has the same tier at every instant, once it has bought anything."""
    life = fold(facts, Folded(rules(FOUR_LEVELS)))
    twin = Folded(rules(FOUR_LEVELS), reviews=list(life.reviews))
    net = {placed.order_id: placed for placed in life.orders}
    for taken in life.reversals:
        net[taken.reversal.order_id] = net[taken.reversal.order_id].less(taken.reversal)
    twin.place(*(placed for placed in net.values() if placed.quantity))

    def tier_at(of: Folded, instant: datetime) -> str | None:
        return next((tier for tier, start, _ in reversed(of.history) if start <= instant), None)

    for instant in {start for _, start, _ in (*life.history, *twin.history)}:
        assert tier_at(life, instant) == (tier_at(twin, instant) or "basic")


def test_T10_sums_of_windows_follow_an_order_into_every_window_that_holds_it():
    march, april = month_of(at(1), UTC), month_of(at(1, 4), UTC)
    windows = WindowTotals(1, {march: Figures(), april: Figures()})
    windows.add(order(1, at(2), "10"))
    assert windows.by_last_month[march].amount == 10
    assert windows.by_last_month[april].orders == 0
    assert GOLD_AT_550.grade(windows.by_last_month[march], march) == 0
