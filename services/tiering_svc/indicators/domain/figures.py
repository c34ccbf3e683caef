"""Sums over a customer's orders: what indicators and policies read, net of what came back (T1)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.indicators.domain.order import Order

V = TypeVar("V", Decimal, datetime)


@dataclass(slots=True)
class Figures:
    """Sums over the orders of a month, or of a window of months, in the accounting currency. Unknown is None, never 0;
    `monthly` has the amount of each month with an order."""

    orders: int = 0
    amount: Decimal = ZERO
    margin: Decimal | None = None
    margin_known_amount: Decimal = ZERO
    largest_order: Decimal | None = None
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    returned_amount: Decimal = ZERO
    returned_count: int = 0
    monthly: dict[date, Decimal] = field(default_factory=dict)

    def add(self, order: Order) -> None:
        """Count one order more; one of which nothing is left counts for nothing."""
        if order.quantity <= 0:
            return
        self.orders += 1
        self.amount += order.amount
        if order.margin is not None:
            self.margin = order.margin if self.margin is None else self.margin + order.margin
            self.margin_known_amount += order.amount
        if self.largest_order is None or order.amount > self.largest_order:
            self.largest_order = order.amount
        if self.first_order_at is None or order.placed_at < self.first_order_at:
            self.first_order_at = order.placed_at
        if self.last_order_at is None or order.placed_at > self.last_order_at:
            self.last_order_at = order.placed_at
        self.monthly[order.month] = self.monthly.get(order.month, ZERO) + order.amount

    def merge(self, other: "Figures") -> None:
        """Add the sums of other orders: of another month, or of another member of a group."""
        self.orders += other.orders
        self.amount += other.amount
        if other.margin is not None:
            self.margin = other.margin if self.margin is None else self.margin + other.margin
        self.margin_known_amount += other.margin_known_amount
        self.largest_order = _extreme(max, self.largest_order, other.largest_order)
        self.first_order_at = _extreme(min, self.first_order_at, other.first_order_at)
        self.last_order_at = _extreme(max, self.last_order_at, other.last_order_at)
        self.returned_amount += other.returned_amount
        self.returned_count += other.returned_count
        for month, amount in other.monthly.items():
            self.monthly[month] = self.monthly.get(month, ZERO) + amount


def _extreme(choose: Callable[[V, V], V], value: V | None, other: V | None) -> V | None:
    """The smaller or larger of two that may be unknown."""
    if value is None or other is None:
        return value if other is None else other
    return choose(value, other)
