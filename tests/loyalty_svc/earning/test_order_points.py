"""What an order is worth: rounding, factors, returns in any pieces (L2, K4)."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty_svc.earning.domain.order_points import EarningOrder, earning_order_of, points_for_order
from services.loyalty_svc.programmes.domain import Programme
from shared.errors import DomainError
from tests.loyalty_svc.builders import SHIPPED, order_placed, returned, returned_whole

CUSTOMER, ORDER = UUID(int=7), UUID(int=501)
BONUS = Programme(version=2, effective_from=None, bonuses={"A": 10, "B": 20})


def earning(*lines: tuple[str, str] | tuple[str, str, int], programme: Programme = SHIPPED) -> EarningOrder:
    return earning_order_of(order_placed(CUSTOMER, ORDER, *lines), programme)


def test_K4_a_return_takes_back_exactly_its_own_line() -> None:
    placed = order_placed(CUSTOMER, ORDER, ("A", "10.00"), ("B", "10.00"), ("C", "20.00"))
    order = earning_order_of(placed, BONUS)
    assert points_for_order(order, BONUS, None) == 70
    assert order.reverse(UUID(int=1), returned(placed, UUID(int=1), (3, 1, "20.00")).lines)
    assert points_for_order(order, BONUS, None) == 50


@pytest.mark.parametrize(
    ("amount", "tier", "points"),
    [("10.50", None, 10), ("11.50", None, 12), ("1.00", "gold", 2), ("3.00", "gold", 4), ("10.00", "platinum", 20),
     ("10.00", "silver", 12), ("10.00", "unheard-of", 10), ("0.49", None, 0), ("-5.00", "gold", 0)],
)  # fmt: skip
def test_L2_a_line_is_rounded_once_half_to_even_after_the_multiplier(
    amount: str, tier: str | None, points: int
) -> None:
    assert points_for_order(earning(("A", amount)), SHIPPED, tier) == points


def test_L2_each_line_is_rounded_by_itself() -> None:
    assert points_for_order(earning(("A", "0.50"), ("A", "0.50"), ("A", "1.50")), SHIPPED, None) == 0 + 0 + 2


def test_L2_a_category_has_its_own_factor() -> None:
    programme = Programme(version=2, effective_from=None, base_rate=Decimal("0.5"), categories={"A": Decimal(3)})
    assert points_for_order(earning(("A", "10.00"), ("B", "10.00")), programme, None) == 15 + 5


def test_L2_a_return_is_counted_once_however_often_it_is_heard() -> None:
    placed = order_placed(CUSTOMER, ORDER, ("A", "10.00", 2))
    order = earning_order_of(placed, SHIPPED)
    fact = returned(placed, UUID(int=1), (1, 1, "5.00"))
    assert order.reverse(fact.return_id, fact.lines)
    assert not order.reverse(fact.return_id, fact.lines)
    assert points_for_order(order, SHIPPED, None) == 5


def test_L2_more_than_was_bought_cannot_come_back() -> None:
    placed = order_placed(CUSTOMER, ORDER, ("A", "10.00", 2))
    order = earning_order_of(placed, SHIPPED)
    order.reverse(UUID(int=1), returned_whole(placed, UUID(int=1)).lines)
    with pytest.raises(DomainError) as more:
        order.reverse(UUID(int=2), returned(placed, UUID(int=2), (1, 1, "5.00")).lines)
    assert more.value.code == "more_than_was_left"
    with pytest.raises(DomainError) as unknown:
        order.reverse(UUID(int=3), returned(placed, UUID(int=3), (9, 1, "5.00")).lines)
    assert unknown.value.code == "line_not_in_order"


@st.composite
def line_in_pieces(draw: st.DrawFn) -> tuple[Decimal, int, list[tuple[int, Decimal]]]:
    """A line, and a partition of it into returned pieces as intake makes them: exact to the cent and the piece."""
    quantity = draw(st.integers(1, 12))
    cents = draw(st.integers(0, 100_000))
    marks = sorted(draw(st.sets(st.integers(1, quantity))) | {quantity})
    pieces, before, gone = [], 0, Decimal(0)
    for mark in marks:
        upto = Decimal(cents * mark // quantity) / 100 if mark < quantity else Decimal(cents) / 100
        pieces.append((mark - before, upto - gone))
        before, gone = mark, upto
    return Decimal(cents) / 100, quantity, pieces


@given(line_in_pieces(), st.sampled_from([None, "silver", "gold", "platinum"]), st.integers(0, 50))
def test_L2_returning_all_in_any_pieces_leaves_exactly_nothing(
    line: tuple[Decimal, int, list[tuple[int, Decimal]]], tier: str | None, bonus: int
) -> None:
    amount, quantity, pieces = line
    programme = Programme(version=2, effective_from=None, tiers=SHIPPED.tiers, bonuses={"A": bonus})
    placed = order_placed(CUSTOMER, ORDER, ("A", str(amount), quantity))
    order = earning_order_of(placed, programme)
    worth = [points_for_order(order, programme, tier)]
    for number, (count, money) in enumerate(pieces, 1):
        order.reverse(UUID(int=number), returned(placed, UUID(int=number), (1, count, str(money))).lines)
        worth.append(points_for_order(order, programme, tier))
    assert worth[-1] == 0
    assert worth == sorted(worth, reverse=True)
