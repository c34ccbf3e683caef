"""Receivables are issued and payments come in parts. Reported again, they are answered the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.gateway.core.domain import IntakeRules, fingerprint_of, uuid_in
from services.gateway.intake.domain.orders import Order
from services.gateway.intake.repository import orders
from services.gateway.receivables.domain import Payment, Receivable, issue, pay
from services.gateway.receivables.repository import (
    add_payment,
    add_receivable,
    find_payment,
    find_receivable,
    lock_receivable,
    sum_payments,
)
from services.gateway.references.domain import CustomerIdentifier, Reporter
from services.gateway.references.handlers import is_foreign, note_foreign
from services.gateway.references.repository import add_references, load_registry
from shared.customers import list_members
from shared.errors import conflict, not_found
from shared.messaging import Transaction, announce, new_id


@dataclass(frozen=True, slots=True)
class ReportedReceivable:
    """A receivable as its source reports it."""

    reporter: Reporter
    source: str
    ref: str
    customer: CustomerIdentifier
    order: str | None  # Patron's id or the source's own
    amount: Decimal
    issued_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class ReportedPayment:
    """A payment as its source reports it."""

    reporter: Reporter
    source: str  # of the receivable
    ref: str
    receivable: str  # Patron's id or the source's own
    amount: Decimal
    paid_at: datetime


async def issue_receivable(tx: Transaction, reported: ReportedReceivable, rules: IntakeRules) -> Receivable:
    """Record a receivable under the source's own id; 409 when the id was used for another one."""
    fingerprint = fingerprint_of(reported.order, reported.amount, reported.issued_on, reported.due_on)
    customer = reported.customer
    named_references = () if customer.source is None or customer.ref is None else ((customer.source, customer.ref),)
    named_ids = () if customer.customer_id is None else (customer.customer_id,)
    registry = await load_registry(tx, named_references, named_ids)
    await note_foreign(tx, registry, [(reported.reporter, customer)])
    registry.refuse_foreign(customer, reported.reporter)
    earlier = await find_receivable(tx, reported.source, reported.ref)
    if earlier is not None:
        if earlier.fingerprint != fingerprint or registry.find(customer, reported.reporter) != earlier.customer_id:
            raise conflict(
                "receivable_id_reused", "This receivable_id was used for another receivable.", pointer="/receivable_id"
            )
        return earlier
    rules.check_day(reported.issued_on, tx.at, "/issued_on", may_backdate=reported.reporter.may_backdate)
    order = await _order_named(tx, reported)
    customer_id = registry.resolve_or_register(customer, reported.reporter, tx.at, new_id)
    members: Sequence[UUID] = ()
    if order is not None and order.customer_id != customer_id:
        members = (await list_members(tx, [customer_id]))[customer_id]
    receivable, event = issue(
        reported.source, reported.ref, customer_id, order, reported.amount, reported.issued_on, reported.due_on,
        fingerprint, rules=rules, at=tx.at, new_id=new_id, members=members,
    )  # fmt: skip
    if registry.added:
        await add_references(tx, registry.added)
        announce(tx, registry.events())
    await add_receivable(tx, receivable)
    announce(tx, [event], ids=[receivable.event_id])
    return receivable


async def receive_payment(tx: Transaction, reported: ReportedPayment, rules: IntakeRules) -> Payment:
    """Record a payment of a receivable under the source's own id; 409 when the id was used for another one."""
    reporter = reported.reporter
    receivable = await lock_receivable(
        tx, reported.source, reported.receivable, uuid_in(reported.receivable), any_source=not reporter.is_partner
    )
    if receivable is None or await is_foreign(tx, reporter, receivable.customer_id):
        raise not_found("receivable_not_found", "There is no such receivable.", pointer="/receivable")
    fingerprint = fingerprint_of(receivable.id, reported.amount, reported.paid_at)
    earlier = await find_payment(tx, receivable.source, reported.ref)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise conflict("payment_id_reused", "This payment_id was used for another payment.", pointer="/payment_id")
        return earlier
    rules.check_instant(reported.paid_at, tx.at, "/paid_at", may_backdate=reporter.may_backdate)
    paid_before = await sum_payments(tx, receivable.id)
    payment, event = pay(
        receivable, paid_before, reported.ref, reported.amount, reported.paid_at, fingerprint,
        rules=rules, at=tx.at, new_id=new_id,
    )  # fmt: skip
    await add_payment(tx, payment)
    announce(tx, [event], ids=[payment.event_id])
    return payment


async def _order_named(tx: Transaction, reported: ReportedReceivable) -> Order | None:
    if reported.order is None:
        return None
    order = await orders.find_order_by_ref(tx, reported.source, reported.order)
    order_id = uuid_in(reported.order)
    if order is None and order_id is not None:
        order = await orders.find_order(tx, order_id, reported.reporter.only_source)
    if order is None or await is_foreign(tx, reported.reporter, order.customer_id):
        raise not_found("order_not_found", "There is no such order.", pointer="/order")
    return order
