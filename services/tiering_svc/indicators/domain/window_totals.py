"""Sums of windows of a customer's orders (T1), which new orders are added to while they come in order of time."""

from datetime import date

from services.tiering_svc.core.domain.calendar import first_month
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order


class WindowTotals:
    """The fast path (T10): sums of the windows that end with certain months, true while orders come in order of time.

    Loaded by one aggregate a customer. An order that is older than one already counted needs single orders.
    """

    def __init__(self, months: int, by_last_month: dict[date, Figures]) -> None:
        self.months = months
        self.by_last_month = by_last_month

    def add(self, order: Order) -> None:
        """Add an order to each window that its month lies in."""
        for last, figures in self.by_last_month.items():
            if first_month(last, self.months) <= order.month <= last:
                figures.add(order)
