"""Deliveries of an order: when its goods arrived, recorded once under the source's own delivery id."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import NewId
from services.gateway.intake.domain.orders import Order
from services.gateway.intake.domain.reversals import check_after_order
from shared.events import OrderDelivered


@dataclass(frozen=True, slots=True)
class Delivery:
    """A recorded delivery of an order."""

    id: UUID
    source: str
    ref: str
    order_id: UUID
    customer_id: UUID
    delivered_at: datetime
    fingerprint: bytes
    event_id: UUID
    recorded_at: datetime


def deliver(
    order: Order, ref: str, delivered_at: datetime, fingerprint: bytes, *, at: datetime, new_id: NewId
) -> tuple[Delivery, OrderDelivered]:
    """The delivery of an order, and its event. Promised days run from `placed_at` to `delivered_at` (P9)."""
    check_after_order(order, delivered_at, "/delivered_at")
    delivery = Delivery(
        id=new_id(),
        source=order.source,
        ref=ref,
        order_id=order.id,
        customer_id=order.customer_id,
        delivered_at=delivered_at,
        fingerprint=fingerprint,
        event_id=new_id(),
        recorded_at=at,
    )
    return delivery, OrderDelivered(
        delivery_id=delivery.id,
        order_id=order.id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        delivered_at=delivered_at,
    )
