"""One overview out of those of merged customers (P12, G3), without a database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.overview.domain.combined import combine_overviews
from services.profile_svc.overview.tables import overview

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOT, OTHER, THIRD = (UUID(int=number) for number in (5, 1, 2))
# besides, as the query adds them: what is overdue today, and who the account manager is
COLUMNS = {column.name for column in overview.columns} | {
    "satisfied_at", "overdue_amount", "manager_name", "manager_extension"
}  # fmt: skip


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def row_of(customer_id: UUID, **values: Any) -> dict[str, Any]:
    assert set(values) <= COLUMNS, set(values) - COLUMNS
    return dict.fromkeys(COLUMNS) | {"customer_id": customer_id} | values


def combined(*rows: dict[str, Any], manager_of: UUID | None = None) -> dict[str, Any]:
    return combine_overviews(rows, manager_of)


COUNTS = ("orders_count", "returns_count", "points_balance", "open_cases", "overdue_cases")


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(COUNTS, st.integers(-9, 9))), min_size=1, max_size=4))
def test_P12_what_is_counted_is_added_up_and_unknown_stays_unknown(values: list[dict[str, int]]) -> None:
    shown = combined(*(row_of(UUID(int=place), **row) for place, row in enumerate(values)))
    for name in COUNTS:
        known = [row[name] for row in values if name in row]
        assert shown[name] == (sum(known) if known else None)


def test_P12_money_stays_exact_and_of_its_type() -> None:
    shown = combined(row_of(ROOT, revenue_total=Decimal("0.10")), row_of(OTHER, revenue_total=Decimal("0.20")))
    assert (shown["revenue_total"], type(shown["revenue_total"])) == (Decimal("0.30"), Decimal)
    alone = combined(row_of(ROOT), row_of(OTHER, overdue_amount=Decimal("7.00")))
    assert alone["overdue_amount"] == Decimal("7.00")


def test_P12_the_first_is_the_earliest_and_the_last_the_latest_of_all() -> None:
    shown = combined(
        row_of(ROOT, first_order_at=day(3), last_return_at=day(4), oldest_due_on=date(2026, 7, 1)),
        row_of(OTHER, first_order_at=day(1), last_case_at=day(2), oldest_due_on=date(2026, 6, 9)),
        row_of(THIRD, last_return_at=day(1), updated_at=day(9)),
    )
    assert (shown["first_order_at"], shown["oldest_due_on"]) == (day(1), date(2026, 6, 9))
    assert (shown["last_return_at"], shown["last_case_at"], shown["updated_at"]) == (day(4), day(2), day(9))
    assert shown["last_delivery_at"] is None


def test_P12_open_things_stand_beside_each_other() -> None:
    shown = combined(
        row_of(ROOT, open_warnings={"w1": {"a": 1}}), row_of(OTHER, open_warnings={"w2": {"a": 2}}), row_of(THIRD)
    )
    assert shown["open_warnings"] == {"w1": {"a": 1}, "w2": {"a": 2}}
    assert shown["risk_flags"] == {}


def test_P12_a_tier_is_the_roots_else_that_of_the_first_who_has_one_and_never_mixed() -> None:
    gold = {"tier": "gold", "tier_rank": 3, "tier_since": day(1)}
    silver = {"tier": "silver", "tier_rank": 2, "tier_since": day(5)}
    silver_row, gold_row = row_of(ROOT, **silver), row_of(OTHER, **gold)
    for rows, state in (
        ((silver_row, gold_row), silver),
        ((row_of(THIRD), gold_row, silver_row), gold),
        ((row_of(ROOT, tier="silver"), gold_row), {"tier": "silver", "tier_rank": None, "tier_since": None}),
        ((row_of(ROOT), row_of(OTHER)), dict.fromkeys(gold)),
    ):
        shown = combined(*rows)
        assert {name: shown[name] for name in gold} == state


def test_P12_a_stage_is_decided_apart_from_the_tier() -> None:
    shown = combined(
        row_of(ROOT, tier="gold"), row_of(OTHER, tier="silver", life_stage="growing", relationship="partner")
    )
    assert (shown["tier"], shown["life_stage"], shown["relationship"]) == ("gold", "growing", "partner")


def test_P12_what_was_last_comes_with_what_belongs_to_it() -> None:
    shown = combined(
        row_of(ROOT, last_order_at=day(1), last_order_id="A-1", satisfaction_at=day(8), satisfaction_index=Decimal(4)),
        row_of(OTHER, last_order_at=day(2), last_order_id="B-1", satisfaction_at=day(3), satisfaction_index=Decimal(9)),
    )
    assert (shown["last_order_at"], shown["last_order_id"]) == (day(2), "B-1")
    assert (shown["satisfaction_at"], shown["satisfaction_index"]) == (day(8), Decimal(4))
    assert (shown["satisfied_at"], shown["last_satisfaction"]) == (None, None)


def test_P12_of_two_at_one_instant_the_same_is_shown_however_they_come() -> None:
    first, second = (
        row_of(id, last_order_at=NOON, last_order_id=order) for id, order in ((ROOT, "A-1"), (OTHER, "B-1"))
    )
    assert combined(first, second)["last_order_id"] == combined(second, first)["last_order_id"]


@pytest.mark.parametrize(
    ("manager_of", "manager"),
    [(ROOT, ("E-1", "Ann", "204")), (OTHER, ("E-2", "Bob", None)), (None, (None, None, None)), (THIRD, (None,) * 3)],
)
def test_P5_the_manager_is_that_of_the_member_whose_counts(
    manager_of: UUID | None, manager: tuple[str | None, ...]
) -> None:
    shown = combined(
        row_of(ROOT, account_manager="E-1", manager_name="Ann", manager_extension="204"),
        row_of(OTHER, account_manager="E-2", manager_name="Bob"),
        manager_of=manager_of,
    )
    assert (shown["account_manager"], shown["manager_name"], shown["manager_extension"]) == manager


def test_P12_every_column_of_an_overview_says_what_becomes_of_it() -> None:
    """A column that nobody thought of would be missing from a merged customer's overview."""
    assert COLUMNS - set(combined(row_of(ROOT))) == {"customer_id"}
