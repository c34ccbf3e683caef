"""HTTP shapes of money owed and paid."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.gateway.references.schemas import CustomerAddress
from shared.chassis import Amount, Code, Day, Instant, Read, Shape


class ReceivableCreate(Shape):
    """Money that a customer owes, under the source's own id."""

    receivable_id: Code
    customer: CustomerAddress
    order: Code | None = Field(default=None, description="Patron's id of the order, or the source's own")
    amount: Amount
    issued_on: Day
    due_on: Day


class ReceivableRead(Read):
    """A recorded receivable."""

    id: UUID
    receivable_id: str
    customer_id: UUID
    order_id: UUID | None
    amount: Amount
    issued_on: date
    due_on: date
    event_id: UUID


class PaymentCreate(Shape):
    """A payment, whole or in part, under the source's own id."""

    payment_id: Code
    receivable: Code = Field(description="Patron's id of the receivable, or the source's own")
    source: Code | None = Field(default=None, description="whose id of the receivable that is; else one's own source")
    amount: Amount
    paid_at: Instant


class PaymentRead(Read):
    """A recorded payment, and what is still owed after it."""

    id: UUID
    payment_id: str
    receivable_id: UUID
    customer_id: UUID
    amount: Amount
    outstanding: Amount
    paid_at: datetime
    event_id: UUID
