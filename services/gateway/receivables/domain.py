"""Money owed and money paid: a receivable, and payments in parts until nothing is outstanding."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.gateway.core.domain import ZERO, IntakeRules, NewId
from services.gateway.intake.domain.orders import Order
from shared.errors import invalid
from shared.events import PaymentReceived, ReceivableIssued


@dataclass(frozen=True, slots=True)
class Receivable:
    """A recorded claim of money against a customer."""

    id: UUID
    source: str
    ref: str
    customer_id: UUID
    order_id: UUID | None
    amount: Decimal
    issued_on: date
    due_on: date
    fingerprint: bytes
    event_id: UUID
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """A recorded payment of a receivable; `outstanding` is what was owed after it."""

    id: UUID
    source: str
    ref: str
    receivable_id: UUID
    customer_id: UUID
    amount: Decimal
    outstanding: Decimal
    paid_at: datetime
    fingerprint: bytes
    event_id: UUID
    recorded_at: datetime


def issue(
    source: str,
    ref: str,
    customer_id: UUID,
    order: Order | None,
    amount: Decimal,
    issued_on: date,
    due_on: date,
    fingerprint: bytes,
    *,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
    members: Collection[UUID] = (),
) -> tuple[Receivable, ReceivableIssued]:
    """A receivable and its event. `order` is the order it is for, when it names one: of the customer, or of another of
    the `members` that it is one with (P12)."""
    if order is not None and order.customer_id not in (customer_id, *members):
        raise invalid("order_of_another_customer", "The order belongs to another customer.", pointer="/order")
    if due_on < issued_on:
        raise invalid("due_before_issued", "It cannot be due before it was issued.", pointer="/due_on")
    check_positive(amount, rules)
    receivable = Receivable(
        id=new_id(),
        source=source,
        ref=ref,
        customer_id=customer_id,
        order_id=order.id if order else None,
        amount=amount,
        issued_on=issued_on,
        due_on=due_on,
        fingerprint=fingerprint,
        event_id=new_id(),
        recorded_at=at,
    )
    return receivable, ReceivableIssued(
        receivable_id=receivable.id,
        customer_id=customer_id,
        order_id=receivable.order_id,
        amount=amount,
        issued_on=issued_on,
        due_on=due_on,
        recorded_at=at,
    )


def pay(
    receivable: Receivable,
    paid_before: Decimal,
    ref: str,
    amount: Decimal,
    paid_at: datetime,
    fingerprint: bytes,
    *,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> tuple[Payment, PaymentReceived]:
    """A payment and its event. Parts are allowed; more than is owed is not: an overpayment belongs to no receivable."""
    check_positive(amount, rules)
    outstanding = receivable.amount - paid_before - amount
    if outstanding < ZERO:
        raise invalid(
            "more_than_owed",
            "It is more than is still owed.",
            pointer="/amount",
            outstanding=f"{receivable.amount - paid_before:.{max(2, rules.decimals)}f}",  # as answers spell amounts
        )
    payment = Payment(
        id=new_id(),
        source=receivable.source,
        ref=ref,
        receivable_id=receivable.id,
        customer_id=receivable.customer_id,
        amount=amount,
        outstanding=outstanding,
        paid_at=paid_at,
        fingerprint=fingerprint,
        event_id=new_id(),
        recorded_at=at,
    )
    return payment, PaymentReceived(
        payment_id=payment.id,
        receivable_id=receivable.id,
        customer_id=receivable.customer_id,
        amount=amount,
        outstanding=outstanding,
        paid_at=paid_at,
    )


def check_positive(amount: Decimal, rules: IntakeRules) -> None:
    """Refuse an amount that is no amount of the currency, or not above zero."""
    rules.check_amount(amount, "/amount")
    if amount <= ZERO:
        raise invalid(
            "amount_not_positive", "An amount of money that is owed or paid is above zero.", pointer="/amount"
        )
