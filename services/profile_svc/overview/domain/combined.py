"""One overview out of those of merged customers (P12): sums, extremes, and of a state the root's or the latest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

Row = Mapping[str, Any]
V = TypeVar("V")

SUMS = (
    *("orders_count", "returns_count", "cancelled_count", "revenue_total", "revenue_returned", "revenue_cancelled"),
    *("points_balance", "points_held", "points_debt", "open_cases", "overdue_cases"),
    *("outstanding_amount", "overdue_amount"),
)
FIRST = ("first_order_at", "oldest_due_on")
LAST = ("last_return_at", "last_delivery_at", "last_case_at", "updated_at")
MAPS = ("open_warnings", "account_classes", "risk_flags")
"""Open things by their ids, so those of several customers stand beside each other."""

ROOTS: tuple[tuple[str, ...], ...] = (
    ("tier", "tier_rank", "tier_since", "tier_kind"),
    ("life_stage", "life_stage_since", "relationship"),
)
"""States that are decided for the root from the facts of all: its own, else that of the first who has one."""

MANAGER = ("account_manager", "manager_name", "manager_extension")
LATEST = {
    "last_order_at": ("last_order_id",),
    "satisfaction_at": ("satisfaction_index",),
    "settlement_withdrawn_at": ("settlement_withdrawn_points",),
    "satisfied_at": ("last_satisfaction",),
}
"""What was last -> what goes with it."""


def combine_overviews(rows: Sequence[Row], manager_of: UUID | None) -> dict[str, Any]:
    """The overview of all of these customers, each with its own row, the root's first. `manager_of`: whose account
    manager counts. A column that no row has a value of is null."""
    combined: dict[str, Any] = {name: _fold(sum_of, rows, name) for name in SUMS}
    combined |= {name: _fold(min, rows, name) for name in FIRST}
    combined |= {name: _fold(max, rows, name) for name in LAST}
    combined |= {name: {id: entry for row in rows for id, entry in (row[name] or {}).items()} for name in MAPS}
    for state in ROOTS:
        decided = next((row for row in rows if row[state[0]] is not None), rows[0])
        combined |= {name: decided[name] for name in state}
    for at, names in LATEST.items():
        known = [row for row in rows if row[at] is not None] or rows[:1]
        row = max(known, key=lambda row: (row[at], *(str(row[name]) for name in names)))
        combined |= {name: row[name] for name in (at, *names)}
    managed = next((row for row in rows if row["customer_id"] == manager_of), None)
    return combined | {name: None if managed is None else managed[name] for name in MANAGER}


def _fold(fold: Callable[[Iterable[Any]], V], rows: Sequence[Row], name: str) -> V | None:
    values = [row[name] for row in rows if row[name] is not None]
    return fold(values) if values else None


def sum_of(values: Iterable[Any]) -> Any:
    """The sum, of the type of its terms."""
    first, *others = values
    return sum(others, first)
