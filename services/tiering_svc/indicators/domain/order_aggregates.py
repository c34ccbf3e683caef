"""A customer's orders as known now: net of what was taken back, by month (T1), as of any instant."""

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from services.tiering_svc.core.domain.calendar import first_month
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order, Reversal


class WindowTotals:
    """The fast path (T10): sums of the windows that end with certain months, true while orders come in order of time.

    Loaded by one aggregate a customer. An order that is older than one already counted needs an `OrderHistory`.
    """

    def __init__(self, months: int, by_last_month: dict[date, Figures]) -> None:
        self.months = months
        self.by_last_month = by_last_month

    def add(self, order: Order) -> None:
        """Add an order to each window that its month lies in."""
        for last, figures in self.by_last_month.items():
            if first_month(last, self.months) <= order.month <= last:
                figures.add(order)

    def walk(self, since: datetime, month: date) -> Iterator[tuple[datetime, date, Figures]]:
        """The figures as of `since`, which is not before the newest order: there is no later order to walk to."""
        yield since, month, self.by_last_month[month]


class OrderHistory:
    """The exact path (T10): single orders, from which the figures as of any instant are counted."""

    def __init__(self, months: int, orders: Iterable[Order]) -> None:
        self.months = months
        self.by_id = {order.order_id: order for order in orders}
        self.by_time = sorted((order.placed_at, order.order_id) for order in self.by_id.values())

    def add(self, order: Order) -> None:
        """Add an order, or put another state of it in its place."""
        if order.order_id not in self.by_id:
            insort(self.by_time, (order.placed_at, order.order_id))
        self.by_id[order.order_id] = order

    def reverse(self, reversal: Reversal) -> None:
        """Take from an order what came back of it."""
        order = self.by_id.get(reversal.order_id)
        if order is not None:  # older than any window that is looked at, otherwise
            self.by_id[order.order_id] = order.less(reversal)

    def restore(self, reversal: Reversal) -> None:
        """Take a reversal off again, as if it had not come back yet."""
        margin = None if reversal.margin is None else -reversal.margin
        self.reverse(replace(reversal, amount=-reversal.amount, margin=margin, quantity=-reversal.quantity))

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


OrderAggregates = WindowTotals | OrderHistory
