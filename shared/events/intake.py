"""What the outside reported, as gateway's intake recorded it: orders and what became of them, money owed and paid.

Amounts are in the deployment's accounting currency. A line's `amount` is its exact total after discount.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events.base import Amount, Code, Event, Instant, Part, catalogued

TOPIC = "patron.intake"


@catalogued
class CustomerReferenceRegistered(Event):
    """An outside reference was met for the first time and got a customer id (G2). Profile opens a stub.

    The reference itself is not told: it may be a telephone number, and what is told once stands for ever. The gateway's
    registry alone holds it.
    """

    type: ClassVar[str] = "intake.customer_reference_registered.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "registered_at"

    customer_id: UUID
    source: Code  # whose reference it is: a partner's source, or "patron" for the company's own systems
    registered_at: Instant


class OrderLine(Part):
    line: int
    sku: Code
    category: Code
    quantity: int
    amount: Amount
    unit_cost: Amount | None = None
    discount: Amount | None = None


@catalogued
class OrderPlaced(Event):
    type: ClassVar[str] = "intake.order_placed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "placed_at"

    order_id: UUID
    customer_id: UUID
    source: Code
    placed_at: Instant
    currency: str
    channel: Code
    amount: Amount  # sum of the lines
    lines: tuple[OrderLine, ...]


class ReversedLine(Part):
    """What one line lost by a return or a cancellation: exact, so that all of them together give the whole line."""

    line: int
    category: Code
    quantity: int
    amount: Amount
    unit_cost: Amount | None = None


@catalogued
class OrderReturned(Event):
    type: ClassVar[str] = "intake.order_returned.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "returned_at"

    return_id: UUID
    order_id: UUID
    customer_id: UUID
    placed_at: Instant  # when the order was placed
    returned_at: Instant
    amount: Amount
    lines: tuple[ReversedLine, ...]


@catalogued
class OrderCancelled(Event):
    """The rest of the order (what was not returned before) is called off."""

    type: ClassVar[str] = "intake.order_cancelled.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "cancelled_at"

    order_id: UUID
    customer_id: UUID
    placed_at: Instant
    cancelled_at: Instant
    reason: Code | None = None
    amount: Amount
    lines: tuple[ReversedLine, ...]


@catalogued
class OrderDelivered(Event):
    type: ClassVar[str] = "intake.order_delivered.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "delivered_at"

    delivery_id: UUID
    order_id: UUID
    customer_id: UUID
    placed_at: Instant
    delivered_at: Instant


@catalogued
class ReceivableIssued(Event):
    type: ClassVar[str] = "intake.receivable_issued.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "recorded_at"

    receivable_id: UUID
    customer_id: UUID
    order_id: UUID | None = None
    amount: Amount
    issued_on: date
    due_on: date
    recorded_at: Instant


@catalogued
class PaymentReceived(Event):
    type: ClassVar[str] = "intake.payment_received.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "paid_at"

    payment_id: UUID
    receivable_id: UUID
    customer_id: UUID
    amount: Amount
    outstanding: Amount  # what is still owed on the receivable after this payment
    paid_at: Instant
