"""What a replayed life shows a back-test (T9): orders at once, reviews at month-ends, and what was for nothing."""

from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Band
from services.tiering_svc.reviews.domain.back_test import (
    BackTestMove,
    MonthEnd,
    list_months,
    month_end,
    moves_of,
    policies_replayed,
    replay,
)
from services.tiering_svc.reviews.domain.phase import Phase, cursor
from services.tiering_svc.reviews.domain.simulation import BenefitCosts, SimulationCell, cells_by_key, levels_of
from tests.tiering_svc.policies.test_policies import abc
from tests.tiering_svc.shorthand import Folded, at, back, bands_document, order, policy_of, rules

RUN = UUID(int=4)
BANDS = policy_of(bands_document(("silver", "100"), ("gold", "300"), lowest="basic", months=1, grace_months=0))
MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 1)


def moves(life: Folded) -> list[BackTestMove]:
    ends = [MonthEnd(month, month_end(month, UTC), BANDS) for month in list_months(MARCH, JUNE)]
    return moves_of(replay(life.timeline(), policies_replayed(ends, RUN), ends, UTC))


def listed(of: list[BackTestMove]) -> list[tuple[int, str, str | None, str | None, int | None]]:
    return [
        (m.month.month, m.outcome, m.from_tier, m.to_tier, None if m.moved_back_in is None else m.moved_back_in.month)
        for m in of
        if m.outcome not in ("kept", "no_orders")
    ]


def test_T9_orders_place_and_raise_at_once_and_a_months_end_that_lowers_soon_undoes_it():
    life = Folded(rules(BANDS)).place(order(1, at(1), "50"), order(2, at(5), "100"), order(3, at(9), "200"))
    assert listed(moves(life)) == [
        (3, "placed_at_once", None, "basic", 4), (3, "up_at_once", "basic", "gold", 4),
        (4, "down", "gold", "basic", None),
    ]  # fmt: skip


def test_T9_a_fall_is_undone_by_an_order_that_raises_again():
    life = Folded(rules(BANDS)).place(order(1, at(1), "400"), order(2, at(1, 5), "400"))
    assert [move[1:] for move in listed(moves(life))] == [
        ("placed_at_once", None, "gold", 4), ("down", "gold", "basic", 5), ("up_at_once", "basic", "gold", 6),
        ("down", "gold", "basic", None),
    ]  # fmt: skip


def test_T9_what_came_back_is_not_replayed_as_bought():
    big = order(2, at(5), "400")
    life = Folded(rules(BANDS)).place(order(1, at(1), "50"), big).reverse(back(big))
    assert listed(moves(life)) == [(3, "placed_at_once", None, "basic", None)]
    assert [move.cell.customers for move in moves(life)] == [1] * 5
    assert [move.at_once for move in moves(life)] == [True, False, False, False, False]


def test_T5_before_the_first_months_cut_offs_there_are_none():
    policy = policy_of(abc("customers", "10", "20", "70"))
    march = policy.with_cutoffs([Band(1, Decimal(70)), Band(2, Decimal(90))], RUN)
    replayed = policies_replayed([MonthEnd(MARCH, month_end(MARCH, UTC), march)], RUN)
    assert replayed.governing(at(5)).bands is None
    assert replayed.governing(at(5, 4)).bands == march.bands


def test_T9_cells_add_up_and_unknown_profits_stay_unknown():
    known = SimulationCell("basic", "gold", 1, Decimal(100), Decimal(30), Decimal(100))
    unknown = SimulationCell("basic", "gold", 2, Decimal(50), None, Decimal(0))
    [added] = cells_by_key([known, unknown]).values()
    assert added == SimulationCell("basic", "gold", 3, Decimal(150), Decimal(30), Decimal(100))
    assert unknown.plus(unknown).profit is None
    before, after = levels_of([known, unknown], before=True), levels_of([known, unknown], before=False)
    assert (before["basic"].customers, after["gold"].revenue) == (3, Decimal(150))


def test_T9_a_years_benefits_cost_the_fixed_part_and_the_points_beyond_the_base():
    costs = BenefitCosts({"gold": Decimal(100)}, Decimal(1), Decimal("0.01"), {"gold": Decimal("1.5")})
    gold = SimulationCell("gold", "gold", 2, Decimal(600), None, Decimal(0))
    assert costs.of_level(gold, 6) == 2 * 100 + Decimal(600) * 2 / 2 / 100  # half as many points again on 1,200 a year
    assert costs.of_all([gold, SimulationCell("basic", "basic", 9, Decimal(900), None, Decimal(0))], 6) == 206
    assert BenefitCosts.from_data(costs.as_data()) == costs


def test_T9_a_runs_phase_goes_through_its_jobs_cursor():
    customer = UUID(int=9)
    assert Phase.of(None) == Phase("beginning")
    assert Phase.of(cursor("deciding", customer)).after_customer == customer
    assert Phase.of(cursor("measuring")).after_customer is None
