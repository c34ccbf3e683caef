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
    """A reference to a customer from outside was met for the first time and got a customer id (G2).

    The reference itself is not in the event: it may be a telephone number, and what is announced once stands for ever.
    The gateway's registry alone holds it.
    """

    type: ClassVar[str] = "intake.customer_reference_registered.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "registered_at"

    customer_id: UUID
    """The id that the reference got: whoever brings the reference again means this customer."""
    source: Code
    """Whose reference it is: a partner's source, or "patron" for the company's own systems."""
    registered_at: Instant
    """When it was met for the first time."""


@catalogued
class CustomerReferenceRemoved(Event):
    """The last reference that a source had to a customer was removed: the source knows it no longer, and its partner
    sees it no longer (P1, G1)."""

    type: ClassVar[str] = "intake.customer_reference_removed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "removed_at"

    customer_id: UUID
    """Whom the source had a reference to."""
    source: Code
    """Which source it was."""
    removed_at: Instant
    """When it was removed."""


class OrderLine(Part):
    """One line of an order."""

    line: int
    """The line's number within the order, from 1."""
    sku: Code
    """The article, as the source calls it; `withheld` where that has the form of a telephone number, which stands in
    the order alone (K25)."""
    category: Code
    """The article's category, as the source calls it."""
    quantity: int
    """How many pieces, 1 or more."""
    amount: Amount
    """The line's exact total after discount, for all its pieces, in the accounting currency."""
    unit_cost: Amount | None = None
    """What one piece cost the company, in the accounting currency. Without it the line's margin is not known."""
    discount: Amount | None = None
    """What was taken off the line's total to give `amount`, in the accounting currency."""


@catalogued
class OrderPlaced(Event):
    """A customer's order was accepted, with everything it is about."""

    type: ClassVar[str] = "intake.order_placed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "placed_at"

    order_id: UUID
    """Patron's id of the order."""
    customer_id: UUID
    """Whose order it is."""
    source: Code
    """Where it came from: a partner's source, or the company's own."""
    placed_at: Instant
    """When the customer ordered."""
    currency: str
    """The accounting currency, an ISO 4217 code."""
    channel: Code
    """How it was ordered, as the source calls it: store, web, phone …"""
    amount: Amount
    """The sum of its lines, in the accounting currency."""
    lines: tuple[OrderLine, ...]
    """What was ordered, in order of the lines' numbers."""


class ReversedLine(Part):
    """What one line of an order lost by a return or a cancellation."""

    line: int
    """The number of the order's line."""
    category: Code
    """The line's category, as it was ordered."""
    quantity: int
    """How many of its pieces are reversed, 1 or more."""
    amount: Amount
    """Their exact share of the line's total, in the accounting currency: all shares together give the whole line."""
    unit_cost: Amount | None = None
    """What one piece cost the company, in the accounting currency, where the order said so."""


@catalogued
class OrderReturned(Event):
    """Pieces of an order came back from the customer."""

    type: ClassVar[str] = "intake.order_returned.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "returned_at"

    return_id: UUID
    """Patron's id of the return; an order can have several."""
    order_id: UUID
    """The order that pieces came back of."""
    customer_id: UUID
    """Whose order it was."""
    placed_at: Instant
    """When that order was placed."""
    returned_at: Instant
    """When the pieces came back."""
    amount: Amount
    """The sum of the reversed lines, in the accounting currency."""
    lines: tuple[ReversedLine, ...]
    """What came back, by line of the order."""


@catalogued
class OrderCancelled(Event):
    """The rest of an order, what was not returned before, was called off."""

    type: ClassVar[str] = "intake.order_cancelled.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "cancelled_at"

    order_id: UUID
    """The order that was called off."""
    customer_id: UUID
    """Whose order it was."""
    placed_at: Instant
    """When that order was placed."""
    cancelled_at: Instant
    """When it was called off."""
    reason: Code | None = None
    """Why, as a code of the source."""
    amount: Amount
    """The sum of the reversed lines, in the accounting currency."""
    lines: tuple[ReversedLine, ...]
    """What was left of the order and is called off now, by line."""


class DeliveredLine(Part):
    """How many pieces of one line of an order arrived."""

    line: int
    """The number of the order's line."""
    quantity: int
    """How many of its pieces arrived, 1 or more."""


@catalogued
class OrderDelivered(Event):
    """An order, or a part of it, arrived at the customer."""

    type: ClassVar[str] = "intake.order_delivered.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "delivered_at"

    delivery_id: UUID
    """Patron's id of the delivery; an order can have several."""
    order_id: UUID
    """The order that was delivered, or a part of it."""
    customer_id: UUID
    """Whose order it is."""
    placed_at: Instant
    """When that order was placed."""
    delivered_at: Instant
    """When the delivery arrived at the customer."""
    lines: tuple[DeliveredLine, ...] = ()
    """What arrived, by line of the order. Missing: the source did not say."""


@catalogued
class ReceivableIssued(Event):
    """A customer was invoiced: it owes money by a day."""

    type: ClassVar[str] = "intake.receivable_issued.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "recorded_at"

    receivable_id: UUID
    """Patron's id of the receivable."""
    customer_id: UUID
    """The customer who owes it."""
    order_id: UUID | None = None
    """The order it is for, where it is for one."""
    amount: Amount
    """What is owed, in the accounting currency."""
    issued_on: date
    """The date of the invoice."""
    due_on: date
    """The last day on which paying is in time."""
    recorded_at: Instant
    """When intake recorded it."""


@catalogued
class PaymentReceived(Event):
    """A customer paid a receivable, wholly or in part."""

    type: ClassVar[str] = "intake.payment_received.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "paid_at"

    payment_id: UUID
    """Patron's id of the payment."""
    receivable_id: UUID
    """The receivable that it pays, wholly or in part."""
    customer_id: UUID
    """The customer who owed it."""
    amount: Amount
    """What was paid, in the accounting currency."""
    outstanding: Amount
    """What is still owed on the receivable after this payment, in the accounting currency."""
    paid_at: Instant
    """When it was paid."""


@catalogued
class IntakeDataErased(Event):
    """The gateway holds nothing personal any more of a customer, or of a person at its account (P13)."""

    type: ClassVar[str] = "intake.data_erased.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "erased_at"

    customer_id: UUID
    """Whose data was erased, or at whose account the person was."""
    erasure_id: UUID
    """The erasure that this is a receipt of."""
    person_id: UUID | None = None
    """The person who is no customer, where it was one; missing: the customer itself."""
    erased_at: Instant
    """When there was nothing left."""
    stores: tuple[Code, ...]
    """The stores in which there was something: tables, stored replies, files. Empty where there was nothing."""
