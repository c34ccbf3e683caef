"""HTTP shapes of deliveries."""

from datetime import datetime
from typing import Self
from uuid import UUID

from services.gateway.intake.domain.deliveries import Delivery
from shared.chassis import Code, Instant, Read, Shape


class DeliveryCreate(Shape):
    """A delivery of an order, under the source's own id."""

    delivery_id: Code
    delivered_at: Instant


class DeliveryRead(Read):
    """A recorded delivery."""

    id: UUID
    delivery_id: str
    order_id: UUID
    customer_id: UUID
    delivered_at: datetime
    event_id: UUID

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            id=delivery.id, delivery_id=delivery.ref, order_id=delivery.order_id, customer_id=delivery.customer_id,
            delivered_at=delivery.delivered_at, event_id=delivery.event_id,
        )  # fmt: skip
