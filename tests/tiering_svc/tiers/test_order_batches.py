"""When a batch may be folded by the sums of windows alone (T10), and that it then gives what the exact path gives."""

from datetime import UTC, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order_aggregates import WindowTotals
from services.tiering_svc.tiers.domain.fast_path import come_in_order, nothing_can_move
from services.tiering_svc.tiers.domain.tier_changes import after_order
from tests.tiering_svc.shorthand import Folded, at, bands_document, order, policy_of, rules

POLICY = policy_of(bands_document(("silver", "100"), ("gold", "300"), ("platinum", "600"), lowest="basic"))


def life_of(*amounts: str) -> Folded:
    return Folded(rules(POLICY)).place(*(order(number, at(number), amount) for number, amount in enumerate(amounts, 1)))


def test_orders_in_order_of_time_take_the_fast_path():
    standing = life_of("100").standing
    assert come_in_order(standing, at(1), [order(8, at(2), "1"), order(9, at(2), "1")])
    assert not come_in_order(standing, at(9), [order(8, at(2), "1")])
    assert not come_in_order(standing, at(1), [order(8, at(5), "1"), order(9, at(4), "1")])


def test_an_order_older_than_the_open_row_is_judged_at_the_rows_date():
    standing = life_of("50", "60").standing  # silver since the 2nd
    assert come_in_order(standing, at(2), [order(9, at(1), "1")])


def test_at_the_top_it_is_no_matter_in_which_order_they_come():
    life = life_of("700")
    march = month_of(at(1), UTC)
    assert nothing_can_move(life.standing, {march: Figures()}, at(20), [order(9, at(5), "1")], POLICY, UTC)


def test_a_late_order_that_may_lift_takes_the_exact_path():
    life = life_of("150", "100")
    march = month_of(at(1), UTC)
    windows = {march: next(life.orders.walk(at(30), march))[2]}
    late = [order(9, at(1, hour=13), "60")]
    assert not nothing_can_move(life.standing, windows, at(2), late, POLICY, UTC)
    assert nothing_can_move(life.standing, windows, at(2), [order(9, at(1, hour=13), "40")], POLICY, UTC)
    assert not nothing_can_move(life.standing, windows, at(2, 4), late, POLICY, UTC)  # the newest is beyond the window


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 25), st.integers(1, 30)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 25), st.integers(1, 30)), min_size=1, max_size=6),
)
def test_T10_where_nothing_can_move_the_exact_path_moves_nothing(stored, batch):
    life = Folded(rules(POLICY))
    for number, (day, size) in enumerate(stored, 1):
        life.place(order(number, at(1) + timedelta(days=day), str(size * 10)))
    march = month_of(at(1), UTC)
    windows = {march: next(life.orders.walk(at(28), march))[2]}
    newest = max(placed_at for placed_at, _ in life.orders.by_time)
    orders = [
        order(number, at(1) + timedelta(days=day), str(size * 10)) for number, (day, size) in enumerate(batch, 100)
    ]
    if not nothing_can_move(life.standing, windows, newest, orders, POLICY, UTC):
        return
    totals, standing = WindowTotals(12, windows), life.standing
    for placed in orders:
        standing, changes = after_order(standing, placed, totals, life.rules)
        assert changes == []
    moves = len(life.changes)
    life.place(*orders)
    assert len(life.changes) == moves
    assert life.standing == standing
