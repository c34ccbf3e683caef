"""A customer as a decision about new facts finds it: standing, facts, and what the decision looks at (T10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.order_aggregates import OrderAggregates, OrderHistory
from services.tiering_svc.indicators.domain.order_facts import PlacedOrder, ReversedOrder
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.timeline import Timeline

Fact = TypeVar("Fact", PlacedOrder, ReversedOrder)


@dataclass(slots=True)
class OrderAccount:
    """A customer with the new orders of a batch, in the order they were recorded, and what was ordered before them."""

    standing: Standing
    orders: Sequence[Order]
    earlier: OrderAggregates | Timeline
    known_from: datetime  # when the newest of what is looked at had been recorded


@dataclass(slots=True)
class ReversalAccount:
    """A customer with the reversals of a batch, and the orders as they were before them."""

    standing: Standing
    reversals: Sequence[Reversal]
    earlier: OrderHistory | Timeline
    known_from: datetime


def split_by_turns(facts: Sequence[Fact], *, individual: bool) -> Iterable[Sequence[Fact]]:
    """The batch as a whole, or, where each fact of a customer must be decided before the next one is looked at, by
    turns: the first fact of each customer, then the second of each, and so on."""
    if not individual:
        return [facts]
    turns: list[list[Fact]] = []
    facts_of: dict[int, int] = {}  # a UUID's number hashes faster than a UUID
    for fact in facts:
        turn = facts_of.get(fact.customer_id.int, 0)
        facts_of[fact.customer_id.int] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(fact)
    return turns
