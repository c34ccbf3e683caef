"""The whole way to reassess (T10): everything known of a customer as of each instant that a decision looks at.

For policies that need more than sums of orders. It is loaded after the facts of one order, or of one thing that came
back, are in; so nothing has to be counted while walking.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot


class Timeline:
    def __init__(self, known: Iterable[CustomerSnapshot]) -> None:
        self.known = sorted(known, key=lambda one: one.as_of)

    def add(self, order: Order) -> None:
        """It is among the facts already."""

    def reverse(self, taken: Reversal) -> None:
        """So is this."""

    def walk(self, since: datetime, month: date) -> Iterator[tuple[datetime, date, CustomerSnapshot]]:
        """What was known as of `since`, then as of each later order; each knows its own month."""
        for known in self.known:
            if known.as_of >= since:
                yield known.as_of, known.last_month, known


def rounds(counted: Iterable[int]) -> list[list[int]]:
    """Places of a batch by turns: the first of each customer, then the second of each, and so on. `counted` names the
    customer at each place."""
    turns: list[list[int]] = []
    seen: dict[int, int] = {}
    for place, customer in enumerate(counted):
        turn = seen[customer] = seen.get(customer, -1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(place)
    return turns
