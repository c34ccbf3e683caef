"""What orders earn (L2): the tier then, the programme, returns in any pieces, changes of tier in any order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty_svc.earning.domain.order_points import EarningOrder, order_to_earn, points_of
from services.loyalty_svc.earning.domain.tier_history import TierHistory
from services.loyalty_svc.programmes.domain import STOCK, Programme, Programmes, add_months, programme_from
from shared.errors import DomainError
from tests.loyalty.makers import START, day, order_placed, returned, returned_whole, tier_changed

CUSTOMER, ORDER = UUID(int=7), UUID(int=501)
BONUS = Programme(version=2, effective_from=None, bonuses={"A": 10, "B": 20})


def earning(*lines: tuple[str, str] | tuple[str, str, int], programme: Programme = STOCK) -> EarningOrder:
    return order_to_earn(order_placed(CUSTOMER, ORDER, *lines), programme)


def test_K4_a_return_takes_back_exactly_its_own_line() -> None:
    placed = order_placed(CUSTOMER, ORDER, ("A", "10.00"), ("B", "10.00"), ("C", "20.00"))
    order = order_to_earn(placed, BONUS)
    assert points_of(order, BONUS, None) == 70
    assert order.take_back(UUID(int=1), returned(placed, UUID(int=1), (3, 1, "20.00")).lines)
    assert points_of(order, BONUS, None) == 50


@pytest.mark.parametrize(
    ("amount", "tier", "points"),
    [("10.50", None, 10), ("11.50", None, 12), ("1.00", "gold", 2), ("3.00", "gold", 4), ("10.00", "platinum", 20),
     ("10.00", "silver", 12), ("10.00", "unheard-of", 10), ("0.49", None, 0), ("-5.00", "gold", 0)],
)  # fmt: skip
def test_L2_a_line_is_rounded_once_half_to_even_after_the_multiplier(
    amount: str, tier: str | None, points: int
) -> None:
    assert points_of(earning(("A", amount)), STOCK, tier) == points


def test_L2_each_line_is_rounded_by_itself() -> None:
    assert points_of(earning(("A", "0.50"), ("A", "0.50"), ("A", "1.50")), STOCK, None) == 0 + 0 + 2


def test_L2_a_category_has_its_own_factor() -> None:
    programme = Programme(version=2, effective_from=None, base_rate=Decimal("0.5"), categories={"A": Decimal(3)})
    assert points_of(earning(("A", "10.00"), ("B", "10.00")), programme, None) == 15 + 5


def test_L2_a_return_is_counted_once_however_often_it_is_heard() -> None:
    placed = order_placed(CUSTOMER, ORDER, ("A", "10.00", 2))
    order = order_to_earn(placed, STOCK)
    fact = returned(placed, UUID(int=1), (1, 1, "5.00"))
    assert order.take_back(fact.return_id, fact.lines)
    assert not order.take_back(fact.return_id, fact.lines)
    assert points_of(order, STOCK, None) == 5


def test_L2_more_than_was_bought_cannot_come_back() -> None:
    placed = order_placed(CUSTOMER, ORDER, ("A", "10.00", 2))
    order = order_to_earn(placed, STOCK)
    order.take_back(UUID(int=1), returned_whole(placed, UUID(int=1)).lines)
    with pytest.raises(DomainError) as more:
        order.take_back(UUID(int=2), returned(placed, UUID(int=2), (1, 1, "5.00")).lines)
    assert more.value.code == "more_than_was_left"
    with pytest.raises(DomainError) as unknown:
        order.take_back(UUID(int=3), returned(placed, UUID(int=3), (9, 1, "5.00")).lines)
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
    programme = Programme(version=2, effective_from=None, tiers=STOCK.tiers, bonuses={"A": bonus})
    placed = order_placed(CUSTOMER, ORDER, ("A", str(amount), quantity))
    order = order_to_earn(placed, programme)
    worth = [points_of(order, programme, tier)]
    for number, (count, money) in enumerate(pieces, 1):
        order.take_back(UUID(int=number), returned(placed, UUID(int=number), (1, count, str(money))).lines)
        worth.append(points_of(order, programme, tier))
    assert worth[-1] == 0
    assert worth == sorted(worth, reverse=True)


def test_L2_the_tier_is_the_one_effective_when_the_order_was_placed() -> None:
    history = TierHistory()
    assert history.at(day(5)) is None
    history.learn(tier_changed(CUSTOMER, UUID(int=1), "silver", day(2), "first"))
    history.learn(tier_changed(CUSTOMER, UUID(int=2), "gold", day(4)))
    assert [history.at(day(n)) for n in (1, 2, 3.9, 4, 9)] == [None, "silver", "silver", "gold", "gold"]


def test_K18_a_correction_replaces_what_stood_from_its_instant_on() -> None:
    history = TierHistory()
    history.learn(tier_changed(CUSTOMER, UUID(int=1), "silver", day(1), "first"))
    history.learn(tier_changed(CUSTOMER, UUID(int=2), "gold", day(4)))
    history.learn(tier_changed(CUSTOMER, UUID(int=3), "platinum", day(6)))
    changed = history.learn(tier_changed(CUSTOMER, UUID(int=4), "silver", day(4), "correction"))
    assert [history.at(day(n)) for n in (3, 4, 6, 9)] == ["silver"] * 4
    assert [(p.change_id.int, p.superseded) for p in changed] == [(4, False), (2, True), (3, True)]


def test_K8_a_change_of_tier_heard_again_changes_nothing() -> None:
    changes = [
        tier_changed(CUSTOMER, UUID(int=1), "silver", day(1), "first"),
        tier_changed(CUSTOMER, UUID(int=2), "gold", day(4)),
        tier_changed(CUSTOMER, UUID(int=3), "silver", day(4), "correction"),
    ]
    history = TierHistory()
    for change in changes:
        history.learn(change)
    assert [history.learn(change) for change in changes] == [[], [], []]
    assert history.at(day(5)) == "silver"


def test_L2_an_order_falls_under_the_programme_in_force_when_it_was_placed() -> None:
    programmes = Programmes(
        [STOCK, Programme(version=2, effective_from=day(10)), Programme(version=3, effective_from=day(20))]
    )
    assert [programmes.at(day(n)).version for n in (0, 10, 19, 20)] == [1, 2, 2, 3]
    assert programmes.newest().version == 3
    assert programmes[2].effective_from == day(10)


def test_L2_a_programme_survives_its_own_json() -> None:
    assert programme_from(1, None, STOCK.terms(), UTC) == STOCK
    with pytest.raises(DomainError):
        programme_from(1, None, {**STOCK.terms(), "base_rate": "-1"}, UTC)
    with pytest.raises(DomainError):
        programme_from(1, None, {**STOCK.terms(), "lifetime_months": 0}, UTC)


def test_L2_what_was_decided_before_the_bound_is_still_read() -> None:
    terms = STOCK.terms() | {"base_rate": "99999999999999.9999"}
    assert programme_from(2, None, terms, UTC).terms() == terms


def test_L1_points_live_for_calendar_months() -> None:
    assert add_months(datetime(2026, 1, 31, 12, tzinfo=UTC), 1, UTC) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert add_months(datetime(2024, 2, 29, tzinfo=UTC), 24, UTC) == datetime(2026, 2, 28, tzinfo=UTC)
    assert add_months(datetime(2026, 11, 15, tzinfo=UTC), 2, UTC) == datetime(2027, 1, 15, tzinfo=UTC)
    assert STOCK.expires_at(START) == START.replace(year=2028)
    assert STOCK.expires_at(START + timedelta(days=1)) > STOCK.expires_at(START)


@pytest.mark.parametrize(
    ("months", "day", "ends"),
    [(24, (2026, 3, 1), (2028, 3, 1)), (1, (2026, 3, 1), (2026, 4, 1)), (1, (2026, 1, 31), (2026, 2, 28))],
)
def test_L1_points_live_for_months_of_the_business_zone(
    months: int, day: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    """Half past midnight in Shanghai is still the day before in UTC, and often another month."""
    shanghai = ZoneInfo("Asia/Shanghai")
    programme = Programme(version=1, effective_from=None, lifetime_months=months, zone=shanghai)
    earned = datetime(*day, 0, 30, tzinfo=shanghai).astimezone(UTC)
    assert programme.expires_at(earned) == datetime(*ends, 0, 30, tzinfo=shanghai)
    assert programme.expires_at(earned).tzinfo is UTC


def test_L1_the_hour_of_expiry_is_the_same_on_both_sides_of_a_change_of_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert add_months(datetime(2026, 3, 15, 10, tzinfo=berlin), 1, berlin) == datetime(2026, 4, 15, 8, tzinfo=UTC)
