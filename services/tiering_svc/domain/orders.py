"""A customer's orders as known now: net of what was taken back, by month (T1), as of any instant."""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.tiering_svc.domain.months import first_month

ZERO = Decimal(0)
V = TypeVar("V", Decimal, datetime)


class Order(NamedTuple):
    """An order less what was taken back of it. `quantity` 0 means nothing is left: it counts no more as an order."""

    order_id: UUID
    placed_at: datetime
    month: date
    amount: Decimal
    margin: Decimal | None  # None: some line's cost is not known
    quantity: int

    def less(self, taken: "TakenBack") -> "Order":
        margin = None if self.margin is None or taken.margin is None else self.margin - taken.margin
        return self._replace(
            amount=self.amount - taken.amount, margin=margin, quantity=max(0, self.quantity - taken.quantity)
        )


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a return or a cancellation took from an order."""

    order_id: UUID
    placed_at: datetime
    amount: Decimal
    margin: Decimal | None
    quantity: int


@dataclass(slots=True)
class Figures:
    """Sums over the orders of a month, or of a window of months. Unknown is None, never 0."""

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


def _extreme(choose: Callable[[V, V], V], one: V | None, other: V | None) -> V | None:
    """The smaller or larger of two that may be unknown."""
    if one is None or other is None:
        return one if other is None else other
    return choose(one, other)


class Windows:
    """The quick way: sums of the windows that end with certain months, true while orders come in order of time.

    Loaded by one aggregate a customer. An order that is older than one already counted needs `Orders`.
    """

    def __init__(self, months: int, by_last_month: dict[date, Figures]) -> None:
        self.months = months
        self.by_last_month = by_last_month

    def add(self, order: Order) -> None:
        for last, figures in self.by_last_month.items():
            if first_month(last, self.months) <= order.month <= last:
                figures.add(order)

    def walk(self, since: datetime, month: date) -> Iterator[tuple[datetime, date, Figures]]:
        """As of `since`, which is not before the newest order: there is nothing later to look at."""
        yield since, month, self.by_last_month[month]


class Orders:
    """The exact way: single orders, so that the figures as of any instant can be told."""

    def __init__(self, months: int, orders: Iterable[Order]) -> None:
        self.months = months
        self.by_id = {order.order_id: order for order in orders}
        self.by_time = sorted((order.placed_at, order.order_id) for order in self.by_id.values())

    def add(self, order: Order) -> None:
        if order.order_id not in self.by_id:
            insort(self.by_time, (order.placed_at, order.order_id))
        self.by_id[order.order_id] = order

    def take_back(self, taken: TakenBack) -> None:
        order = self.by_id.get(taken.order_id)
        if order is not None:  # older than any window that is looked at, otherwise
            self.by_id[order.order_id] = order.less(taken)

    def give_back(self, taken: TakenBack) -> None:
        """As if it had not been taken back yet."""
        self.take_back(
            replace(
                taken,
                amount=-taken.amount,
                margin=None if taken.margin is None else -taken.margin,
                quantity=-taken.quantity,
            )
        )

    def walk(self, since: datetime, month: date) -> Iterator[tuple[datetime, date, Figures]]:
        """The figures as of `since`, then as of each later order, each with its month."""
        by_month: dict[date, Figures] = {}
        position = 0
        while position < len(self.by_time) and self.by_time[position][0] <= since:
            position = self._count(position, by_month)
        yield since, month, self._window(by_month, month)
        while position < len(self.by_time):
            instant, order_id = self.by_time[position]
            while position < len(self.by_time) and self.by_time[position][0] == instant:
                position = self._count(position, by_month)
            month = self.by_id[order_id].month
            yield instant, month, self._window(by_month, month)

    def _count(self, position: int, by_month: dict[date, Figures]) -> int:
        order = self.by_id[self.by_time[position][1]]
        by_month.setdefault(order.month, Figures()).add(order)
        return position + 1

    def _window(self, by_month: dict[date, Figures], last: date) -> Figures:
        first = first_month(last, self.months)
        window = Figures()
        for month, figures in by_month.items():
            if first <= month <= last:
                window.merge(figures)
        return window


Book = Windows | Orders
