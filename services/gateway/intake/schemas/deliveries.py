"""HTTP shapes of deliveries."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.gateway.intake.domain.deliveries import Delivery
from services.gateway.intake.schemas.order_types import WholeNumber
from shared.chassis import Code, Instant, Read, Shape
from shared.events import DeliveredLine


class DeliveredLineCreate(Shape):
    """How many pieces of which line arrived."""

    line: WholeNumber
    quantity: WholeNumber


class DeliveryCreate(Shape):
    """A delivery of an order, or of a part of it, under the source's own id."""

    delivery_id: Code
    delivered_at: Instant
    lines: list[DeliveredLineCreate] = Field(
        default_factory=list, max_length=500, description="what arrived, by line; none: it is not said"
    )

    def delivered(self) -> list[DeliveredLine]:
        """The lines that arrived, as the rules take them."""
        return [DeliveredLine(line=line.line, quantity=line.quantity) for line in self.lines]


class DeliveredLineRead(Read):
    """How many pieces of which line arrived."""

    line: int
    quantity: int


class DeliveryRead(Read):
    """A recorded delivery."""

    id: UUID
    delivery_id: str
    order_id: UUID
    customer_id: UUID
    delivered_at: datetime
    lines: list[DeliveredLineRead]
    event_id: UUID

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            id=delivery.id, delivery_id=delivery.ref, order_id=delivery.order_id, customer_id=delivery.customer_id,
            delivered_at=delivery.delivered_at, event_id=delivery.event_id,
            lines=[DeliveredLineRead.model_validate(line) for line in delivery.lines],
        )  # fmt: skip
