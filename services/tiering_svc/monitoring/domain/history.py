"""A customer's facts with their times, so that what was known at any past month's end can be found (T12).

Nothing of the future leaks: an order counts from when it was placed, a return or cancellation only from when it came.
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
    """A return or cancellation, and when it came."""

    at: datetime
    reversal: Reversal


class PaymentFact(NamedTuple):
    """A payment of a receivable, which may be one of several."""

    at: datetime
    amount: Decimal


class ReceivableFact(NamedTuple):
    """A receivable with its payments."""

    issued_on: date
    due_on: date
    amount: Decimal
    payments: Sequence[PaymentFact]


class ScoredAnswer(NamedTuple):
    """One answer about satisfaction, by what it measures (`cases` or `index`)."""

    measure: str
    at: datetime
    score: Decimal


@dataclass(slots=True)
class History:
    """One customer's facts. `orders` are as they were placed, whatever was returned or cancelled of them later."""

    customer_id: UUID
    orders: Sequence[Order] = ()
    reversals: Sequence[ReversalFact] = ()
    complaints: Sequence[datetime] = ()
    scores: Sequence[ScoredAnswer] = ()
    receivables: Sequence[ReceivableFact] = ()
    _final: dict[date, MonthSums] = field(default_factory=dict)  # sums of months without any reversal

    def month_ends(self, first: date, last: date, zone: tzinfo) -> Iterator[MonthlySeries]:
        """The customer as it was known when each month from `first` to `last` began: after the month before it."""
        by_month: dict[date, list[Order]] = {}
        for order in self.orders:
            by_month.setdefault(order.month, []).append(order)
        reversed_orders = {fact.reversal.order_id for fact in self.reversals}
        month = first
        while month <= last:
            yield self._series_at(month, by_month, reversed_orders, zone)
            month = shift(month, 1)

    def _series_at(
        self, month: date, by_month: dict[date, list[Order]], reversed_orders: set[UUID], zone: tzinfo
    ) -> MonthlySeries:
        as_of = start_of(month, zone)
        months: dict[date, MonthSums] = {}
        for placed_in, orders in by_month.items():
            if placed_in < month:
                sums = self._sums(placed_in, orders, as_of, reversed_orders)
                if sums.orders:
                    months[placed_in] = sums
        first = min(months, default=None)
        return MonthlySeries(
            as_of,
            as_of.astimezone(zone).date(),
            month,
            months,
            None if first is None else months[first].first_at,
            first,
            _counted([at for at in self.complaints if at <= as_of], zone),
            _summed([answer for answer in self.scores if answer.at <= as_of], zone),
            self._arrears(as_of, zone),
            returned=self._returned(as_of, zone),
        )

    def _sums(self, month: date, orders: list[Order], as_of: datetime, reversed_orders: set[UUID]) -> MonthSums:
        """What was left of a month's orders as of an instant."""
        if month in self._final:
            return self._final[month]
        affected = reversed_orders.intersection(order.order_id for order in orders)
        if not affected:
            self._final[month] = sums = _sum(orders)
            return sums
        left = {order.order_id: order for order in orders}
        for at, reversal in self.reversals:
            if reversal.order_id in affected and at <= as_of:
                left[reversal.order_id] = left[reversal.order_id].less(reversal)
        return _sum(list(left.values()))

    def _returned(self, as_of: datetime, zone: tzinfo) -> dict[date, Decimal]:
        """What had come back by an instant, by the month in which it came."""
        returned: dict[date, Decimal] = {}
        for at, reversal in self.reversals:
            if at <= as_of:
                month = month_of(at, zone)
                returned[month] = returned.get(month, ZERO) + reversal.amount
        return returned

    def _arrears(self, as_of: datetime, zone: tzinfo) -> Arrears | None:
        today = as_of.astimezone(zone).date()
        issued = [receivable for receivable in self.receivables if receivable.issued_on <= today]
        if not issued:
            return None
        outstanding, overdue, oldest = ZERO, ZERO, None
        for receivable in issued:
            paid = sum((payment.amount for payment in receivable.payments if payment.at <= as_of), ZERO)
            left = receivable.amount - paid
            outstanding += left
            if left > 0 and receivable.due_on < today:
                overdue += left
                oldest = receivable.due_on if oldest is None else min(oldest, receivable.due_on)
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
    """How many of these instants fall into each month."""
    counted: dict[date, int] = {}
    for instant in instants:
        month = month_of(instant, zone)
        counted[month] = counted.get(month, 0) + 1
    return counted


def _summed(answers: Sequence[ScoredAnswer], zone: tzinfo) -> dict[str, dict[date, Scores]]:
    """The answers added up by what they measure and by month."""
    summed: dict[str, dict[date, Scores]] = {}
    for answer in answers:
        months, month = summed.setdefault(answer.measure, {}), month_of(answer.at, zone)
        before = months.get(month, Scores(0, ZERO))
        months[month] = Scores(before.answers + 1, before.total + answer.score)
    return summed
