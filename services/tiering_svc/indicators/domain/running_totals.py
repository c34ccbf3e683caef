"""Sums of a customer's orders by month, added in order of time (T1): the figures of any window as of the last one."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order


class RunningTotals:
    """Orders are added by the time they were placed; one of which nothing is left does not count."""

    def __init__(self) -> None:
        self.by_month: dict[date, Figures] = {}
        self.first_order_at: datetime | None = None
        self.last_order_at: datetime | None = None
        self._before: dict[tuple[date, int], Figures] = {}  # of the months before the last of a window

    def add(self, order: Order) -> None:
        """Add the next order, as far as it was not taken back."""
        if order.quantity <= 0:
            return
        self.by_month.setdefault(order.month, Figures()).add(order)
        if self.first_order_at is None:
            self.first_order_at = order.placed_at
        self.last_order_at = order.placed_at

    def window(self, last: date, months: int) -> Figures:
        """The sums of the window of so many months that ends with `last`, which is not before the newest order's."""
        before = self._before.get((last, months))
        if before is None:
            first = first_month(last, months)
            before = self._before[last, months] = Figures()
            for month, figures in self.by_month.items():
                if first <= month < last:
                    before.merge(figures)
        window = Figures()
        window.merge(before)
        if (newest := self.by_month.get(last)) is not None:
            window.merge(newest)
        return window


class GroupTotals:
    """The running totals of each member of a group (P2); a customer without a group is its only member."""

    def __init__(self) -> None:
        self.by_customer: defaultdict[UUID, RunningTotals] = defaultdict(RunningTotals)

    def add(self, order: Order, customer_id: UUID) -> None:
        """Add the next order, which this customer placed, as far as it was not taken back."""
        self.by_customer[customer_id].add(order)

    def window(self, last: date, months: int, members: Sequence[UUID]) -> Figures:
        """The sums of these members together, in a window as `RunningTotals.window` has it."""
        if len(members) == 1:
            return self.by_customer[members[0]].window(last, months)
        window = Figures()
        for customer_id in members:
            window.merge(self.by_customer[customer_id].window(last, months))
        return window

    def first_order_at(self, members: Sequence[UUID]) -> datetime | None:
        """When the first order of any of these members was placed."""
        return _chosen(min, [self.by_customer[customer_id].first_order_at for customer_id in members])

    def last_order_at(self, members: Sequence[UUID]) -> datetime | None:
        """When the newest order of any of these members was placed."""
        return _chosen(max, [self.by_customer[customer_id].last_order_at for customer_id in members])


def _chosen(choose: Callable[[Sequence[datetime]], datetime], instants: Sequence[datetime | None]) -> datetime | None:
    known = [instant for instant in instants if instant is not None]
    return choose(known) if known else None
