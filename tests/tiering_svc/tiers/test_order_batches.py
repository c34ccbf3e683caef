"""When the kept standing may be carried on by sums of windows alone (T10), and that it is then what the fold gives."""

from datetime import UTC, date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.indicators.domain.running_totals import RunningTotals
from services.tiering_svc.indicators.domain.window_totals import WindowTotals
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.fast_path import OrderAccount, after_orders, come_in_order, nothing_can_move
from tests.tiering_svc.shorthand import BEGINNING, Folded, at, bands_document, order, policy_of, rules

POLICY = policy_of(bands_document(("silver", "100"), ("gold", "300"), ("platinum", "600"), lowest="basic"))
RULES = rules(POLICY)


def life_of(*amounts: str) -> Folded:
    return Folded(rules(POLICY)).place(*(order(number, at(number), amount) for number, amount in enumerate(amounts, 1)))


def in_order(life: Folded, *orders: Order, of: Rules = RULES) -> bool:
    return come_in_order(life.standing, orders, BEGINNING, of)


def test_orders_that_are_later_than_all_there_is_are_carried_on():
    life = life_of("100", "50")
    assert in_order(life, order(8, at(3), "1"), order(9, at(4), "1"))
    assert not in_order(life, order(8, at(2), "1"))  # of one instant it takes both to know
    assert not in_order(life, order(8, at(5), "1"), order(9, at(5), "1"))


def test_orders_before_a_review_are_folded_and_so_are_all_while_one_takes_effect():
    life, reviewed = life_of("100"), rules(POLICY)
    assert not in_order(life, order(8, at(3), "1"), of=Rules(POLICY, UTC, reviewed.new_id, BEGINNING, at(4)))
    assert in_order(life, order(8, at(5), "1"), of=Rules(POLICY, UTC, reviewed.new_id, BEGINNING, at(4)))
    assert not in_order(life, order(8, at(5), "1"), of=Rules(POLICY, UTC, reviewed.new_id, BEGINNING, at(4), True))


def test_a_past_before_the_policy_was_in_force_is_graded_by_it_only_for_customers_who_came_later():
    active = Rules(POLICY, UTC, RULES.new_id, at(20))
    known_before = life_of("100")
    assert known_before.standing.first_known == BEGINNING
    assert not in_order(known_before, order(8, at(5), "1"), of=active)
    assert in_order(known_before, order(8, at(21), "1"), of=active)
    assert come_in_order(Folded().standing, [order(8, at(5), "1")], at(22), active)


def test_an_override_that_is_over_has_to_be_ended_first():
    life = life_of("100")
    life.kept = life.kept.__class__(life.standing._replace(overridden_until=at(5)), life.kept.rows, [])
    assert in_order(life, order(8, at(4), "1"))
    assert not in_order(life, order(8, at(6), "1"))


def test_at_the_top_it_is_no_matter_in_which_order_they_come():
    life = life_of("700", "1")
    assert nothing_can_move(life.standing, {month_of(at(1), UTC): Figures()}, [order(9, at(2), "1")], BEGINNING, RULES)


def windows_of(life: Folded) -> dict[date, Figures]:
    totals = RunningTotals()
    for placed in sorted(life.orders, key=lambda placed: placed.placed_at):
        totals.add(placed)
    march = month_of(at(1), UTC)
    return {march: totals.window(march, 12)}


def test_a_late_order_that_may_lift_is_folded():
    life = life_of("150", "100")
    windows = windows_of(life)
    assert not nothing_can_move(life.standing, windows, [order(9, at(1, hour=13), "60")], BEGINNING, RULES)
    assert nothing_can_move(life.standing, windows, [order(9, at(1, hour=13), "40")], BEGINNING, RULES)
    assert not nothing_can_move(life.standing, windows, [order(9, at(1, hour=11), "40")], BEGINNING, RULES)
    life.place(order(3, at(2, 4), "1"))  # the newest is beyond the window
    assert not nothing_can_move(life.standing, windows, [order(9, at(1, hour=13), "40")], BEGINNING, RULES)


FACTS = st.lists(st.tuples(st.integers(0, 25), st.integers(1, 30)), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(FACTS, FACTS)
def test_T10_where_nothing_can_move_the_fold_moves_nothing(stored, batch):
    life = Folded(rules(POLICY))
    for number, (day, size) in enumerate(stored, 1):
        life.place(order(number, at(1) + timedelta(days=day), str(size * 10)))
    orders = sorted(
        (order(number, at(1) + timedelta(days=day), str(size * 10)) for number, (day, size) in enumerate(batch, 100)),
        key=lambda placed: placed.placed_at,
    )
    if not nothing_can_move(life.standing, windows_of(life), orders, BEGINNING, RULES):
        return
    carried = after_orders(OrderAccount(life.standing, orders, None, BEGINNING, BEGINNING), life.rules)
    assert carried.changes == []
    kinds = life.kinds
    life.place(*orders)
    assert life.kinds == kinds
    assert life.standing == carried.after


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 30)), min_size=1, max_size=12), st.integers(0, 12))
def test_T10_what_is_carried_on_is_what_the_fold_gives(steps, split):
    """Any split of orders in order of time: folded up to it, carried on from it."""
    orders, day = list[Order](), at(1)
    for number, (days, size) in enumerate(steps, 1):
        day += timedelta(days=days)
        orders.append(order(number, day, str(size * 10), margin=str(size)))
    folded, life = Folded(rules(POLICY)).place(*orders[:split]), Folded(rules(POLICY)).place(*orders)
    rest = orders[split:]
    if not rest:
        return
    assert in_order(folded, *rest)
    totals, windows = RunningTotals(), dict[date, Figures]()
    for placed in orders[:split]:
        totals.add(placed)
    for placed in rest:
        windows.setdefault(placed.month, totals.window(placed.month, 12))
    account = OrderAccount(folded.standing, rest, WindowTotals(12, windows), BEGINNING, BEGINNING)
    carried = after_orders(account, folded.rules)
    assert carried.after._replace(row_id=None) == life.standing._replace(row_id=None)
    began = [(row.kind, row.tier, row.effective_from, row.reasons) for row in carried.changes]
    kept = [(row.kind, row.tier, row.effective_from, row.reasons) for row in life.kept.rows]
    assert [(row.kind, row.tier, row.effective_from, row.reasons) for row in folded.kept.rows] + began == kept
