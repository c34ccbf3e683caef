"""A customer's facts with their times, so that what was known at any past month's end can be told (T12's back-test).

Nothing of the future leaks: an order counts from when it was placed, what came back of it only from when it came back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of, shift, start_of
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.monitoring.domain.monthly_series import Arrears, MonthlySeries, MonthSums, Scores


class ReversalFact(NamedTuple):
    at: datetime
    taken: Reversal


class PaymentFact(NamedTuple):
    at: datetime
    amount: Decimal


class ReceivableFact(NamedTuple):
    issued_on: date
    due_on: date
    amount: Decimal
    payments: Sequence[PaymentFact]


class ScoredAnswer(NamedTuple):
    measure: str
    at: datetime
    score: Decimal


@dataclass(slots=True)
class History:
    """`orders` as they were placed, whatever came back of them later."""

    customer_id: UUID
    orders: Sequence[Order] = ()
    came_back: Sequence[ReversalFact] = ()
    complaints: Sequence[datetime] = ()
    scores: Sequence[ScoredAnswer] = ()
    bills: Sequence[ReceivableFact] = ()
    _untouched: dict[date, MonthSums] = field(default_factory=dict)  # sums of months nothing came back of

    def month_ends(self, first: date, last: date, zone: tzinfo) -> Iterator[MonthlySeries]:
        """The customer as it was known when each month from `first` to `last` began: after the month before it."""
        by_month: dict[date, list[Order]] = {}
        for order in self.orders:
            by_month.setdefault(order.month, []).append(order)
        touched = {one.taken.order_id for one in self.came_back}
        month = first
        while month <= last:
            yield self._observed(month, by_month, touched, zone)
            month = shift(month, 1)

    def _observed(
        self, month: date, by_month: dict[date, list[Order]], touched: set[UUID], zone: tzinfo
    ) -> MonthlySeries:
        as_of = start_of(month, zone)
        sums: dict[date, MonthSums] = {}
        for placed_in, orders in by_month.items():
            if placed_in < month:
                one = self._sums(placed_in, orders, as_of, touched)
                if one.orders:
                    sums[placed_in] = one
        first = min(sums, default=None)
        return MonthlySeries(
            as_of,
            as_of.astimezone(zone).date(),
            month,
            sums,
            None if first is None else sums[first].first_at,
            first,
            _counted([at for at in self.complaints if at <= as_of], zone),
            _summed([one for one in self.scores if one.at <= as_of], zone),
            self._arrears(as_of, zone),
        )

    def _sums(self, month: date, orders: list[Order], as_of: datetime, touched: set[UUID]) -> MonthSums:
        if month in self._untouched:
            return self._untouched[month]
        mine = touched.intersection(order.order_id for order in orders)
        if not mine:
            self._untouched[month] = sums = _sum(orders)
            return sums
        left = {order.order_id: order for order in orders}
        for at, taken in self.came_back:
            if taken.order_id in mine and at <= as_of:
                left[taken.order_id] = left[taken.order_id].less(taken)
        return _sum(list(left.values()))

    def _arrears(self, as_of: datetime, zone: tzinfo) -> Arrears | None:
        today = as_of.astimezone(zone).date()
        issued = [bill for bill in self.bills if bill.issued_on <= today]
        if not issued:
            return None
        outstanding, overdue, oldest = ZERO, ZERO, None
        for bill in issued:
            left = bill.amount - sum((one.amount for one in bill.payments if one.at <= as_of), ZERO)
            outstanding += left
            if left > 0 and bill.due_on < today:
                overdue += left
                oldest = bill.due_on if oldest is None else min(oldest, bill.due_on)
        return Arrears(outstanding, overdue, oldest)


def _sum(orders: Sequence[Order]) -> MonthSums:
    kept = [order for order in orders if order.quantity > 0]
    if not kept:
        return MonthSums(0, ZERO, orders[0].placed_at, orders[0].placed_at)
    return MonthSums(
        len(kept),
        sum((order.amount for order in kept), ZERO),
        min(order.placed_at for order in kept),
        max(order.placed_at for order in kept),
    )


def _counted(instants: Sequence[datetime], zone: tzinfo) -> dict[date, int]:
    counted: dict[date, int] = {}
    for instant in instants:
        month = month_of(instant, zone)
        counted[month] = counted.get(month, 0) + 1
    return counted


def _summed(scores: Sequence[ScoredAnswer], zone: tzinfo) -> dict[str, dict[date, Scores]]:
    summed: dict[str, dict[date, Scores]] = {}
    for one in scores:
        months, month = summed.setdefault(one.measure, {}), month_of(one.at, zone)
        before = months.get(month, Scores(0, ZERO))
        months[month] = Scores(before.answers + 1, before.total + one.score)
    return summed
