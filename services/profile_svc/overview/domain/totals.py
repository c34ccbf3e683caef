"""The overview (G3): what a batch of facts adds to each customer's one row.

Sums and extremes only, so that any split into batches and any order between topics gives the same row. This is the
hottest code of the service: it hears every order and every posting of points, so it adds up in plain attributes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from shared.events import (
    CustomerStageChanged,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    PointsPosted,
    ReceivableIssued,
    TierChanged,
)

OfCustomer = TypeVar("OfCustomer", TierChanged, PointsPosted, CustomerStageChanged)


class OrderTotals:
    """What new orders add for one customer: how many, how much, the first, and the last with its id."""

    __slots__ = ("amount", "first_at", "last_at", "last_id", "orders")

    def __init__(self, order: OrderPlaced) -> None:
        self.orders = 1
        self.amount = order.amount
        self.first_at = self.last_at = order.placed_at
        self.last_id = order.order_id

    def add(self, order: OrderPlaced) -> None:
        self.orders += 1
        self.amount += order.amount
        placed_at = order.placed_at
        self.first_at = min(self.first_at, placed_at)
        # two orders of the same instant: the greater id is the last one, in every batch
        if placed_at > self.last_at or (placed_at == self.last_at and order.order_id > self.last_id):
            self.last_at, self.last_id = placed_at, order.order_id


def fold_orders(orders: Iterable[OrderPlaced]) -> dict[UUID, OrderTotals]:
    """By customer, what these orders add to the overview."""
    by_customer: dict[UUID, OrderTotals] = {}
    for order in orders:
        known = by_customer.get(order.customer_id)
        if known is None:
            by_customer[order.customer_id] = OrderTotals(order)
        else:
            known.add(order)
    return by_customer


@dataclass(slots=True)
class ReversalTotals:
    """What returns, or cancellations, take back for one customer: how many, how much, and when the last one was."""

    times: int
    amount: Decimal
    last_at: datetime


def fold_reversals(events: Iterable[OrderReturned | OrderCancelled]) -> dict[UUID, ReversalTotals]:
    """By customer, what these returns or cancellations take back."""
    by_customer: dict[UUID, ReversalTotals] = {}
    for event in events:
        known = by_customer.get(event.customer_id)
        if known is None:
            by_customer[event.customer_id] = ReversalTotals(1, event.amount, event.occurred_at)
        else:
            known.times += 1
            known.amount += event.amount
            known.last_at = max(known.last_at, event.occurred_at)
    return by_customer


def fold_deliveries(deliveries: Iterable[OrderDelivered]) -> dict[UUID, datetime]:
    """By customer, when the last delivery came."""
    by_customer: dict[UUID, datetime] = {}
    for delivery in deliveries:
        known = by_customer.get(delivery.customer_id)
        by_customer[delivery.customer_id] = (
            delivery.delivered_at if known is None else max(known, delivery.delivered_at)
        )
    return by_customer


def last_of_each(events: Iterable[OfCustomer]) -> dict[UUID, OfCustomer]:
    """Where a fact tells the whole state (a tier, a balance), the last of its key in order of sequence is the truth."""
    return {event.customer_id: event for event in events}


@dataclass(slots=True)
class ReceivableCopy:
    """What is still owed on one receivable; `due_on` is None when only its payment was heard of."""

    receivable_id: UUID
    customer_id: UUID
    outstanding: Decimal
    due_on: date | None = None


def fold_receivables(events: Sequence[ReceivableIssued | PaymentReceived]) -> dict[UUID, ReceivableCopy]:
    """The state of each receivable after the batch. Issued, then paid in parts: one key of one topic, so in order."""
    by_receivable: dict[UUID, ReceivableCopy] = {}
    for event in events:
        known = by_receivable.get(event.receivable_id)
        if isinstance(event, ReceivableIssued):
            by_receivable[event.receivable_id] = ReceivableCopy(
                event.receivable_id, event.customer_id, event.amount, event.due_on
            )
        else:
            due_on = known.due_on if known else None
            by_receivable[event.receivable_id] = ReceivableCopy(
                event.receivable_id, event.customer_id, event.outstanding, due_on
            )
    return by_receivable
