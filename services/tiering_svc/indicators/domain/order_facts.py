"""Orders and what came back of them as facts of one customer, made of intake's events (T1)."""

from datetime import date, datetime, tzinfo
from typing import Literal, NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.product_mix import sum_up
from shared.events import OrderCancelled, OrderPlaced, OrderReturned


class PlacedOrder(NamedTuple):
    """An order as it was placed, with its lines added up by category and when its owner recorded it."""

    customer_id: UUID
    order: Order
    mix: str
    recorded_at: datetime


class ReversedOrder(NamedTuple):
    """A return or a cancellation: what it took from which order, when (`at`), in which month it counts as returned."""

    customer_id: UUID
    kind: Literal["return", "cancellation"]
    change_id: UUID  # the return's id, or the cancelled order's
    at: datetime
    month: date
    reversal: Reversal
    mix: str
    recorded_at: datetime


def placed_order(event: OrderPlaced, zone: tzinfo) -> PlacedOrder:
    """The fact in an event of an order; its month is that of the business's zone."""
    lines = sum_up(event.lines)
    month = month_of(event.placed_at, zone)
    order = Order(event.order_id, event.placed_at, month, event.amount, lines.margin, lines.quantity)
    return PlacedOrder(event.customer_id, order, lines.mix, event.meta.recorded_at)


def reversed_order(event: OrderReturned | OrderCancelled, zone: tzinfo) -> ReversedOrder:
    """The fact in an event of a return or a cancellation; its month is that in which it happened."""
    lines = sum_up(event.lines)
    reversal = Reversal(event.order_id, event.placed_at, event.amount, lines.margin, lines.quantity)
    returned = isinstance(event, OrderReturned)
    at = event.returned_at if isinstance(event, OrderReturned) else event.cancelled_at
    change_id = event.return_id if isinstance(event, OrderReturned) else event.order_id
    return ReversedOrder(
        event.customer_id, "return" if returned else "cancellation", change_id, at, month_of(at, zone), reversal,
        lines.mix, event.meta.recorded_at,
    )  # fmt: skip
