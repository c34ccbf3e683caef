"""The exact path of policies that look at more than orders (T10): everything known of a customer as of each instant.

It is loaded after the facts of one order, or of one reversal, are in; so nothing has to be counted while walking.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot


class Timeline:
    """Snapshots of one customer, by the instants they are of."""

    def __init__(self, snapshots: Iterable[CustomerSnapshot]) -> None:
        self.snapshots = sorted(snapshots, key=lambda snapshot: snapshot.as_of)

    def add(self, order: Order) -> None:
        """It is among the facts already."""

    def reverse(self, reversal: Reversal) -> None:
        """It is taken off the facts already."""

    def walk(self, since: datetime, month: date) -> Iterator[tuple[datetime, date, CustomerSnapshot]]:
        """The snapshot as of `since`, then as of each later order; each knows its own month, so `month` is not read."""
        for snapshot in self.snapshots:
            if snapshot.as_of >= since:
                yield snapshot.as_of, snapshot.last_month, snapshot
