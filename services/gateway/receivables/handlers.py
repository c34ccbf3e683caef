"""Money: a receivable is issued, payments come in parts. Told again, it is answered the same."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.gateway.core.domain import IntakeRules, mark_of, uuid_in
from services.gateway.intake.domain.orders import Order
from services.gateway.intake.repository import orders
from services.gateway.receivables import domain as rules_of_money
from services.gateway.receivables import repository as receivables
from services.gateway.receivables.domain import Payment, Receivable
from services.gateway.references import repository as references
from services.gateway.references.domain import Address, Reporter
from shared.errors import conflict, not_found
from shared.messaging import Transaction, announce, new_id


@dataclass(frozen=True, slots=True)
class ReportedReceivable:
    reporter: Reporter
    source: str
    ref: str
    customer: Address
    order: str | None  # Patron's id or the source's own
    amount: Decimal
    issued_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class ReportedPayment:
    reporter: Reporter
    source: str  # of the receivable
    ref: str
    receivable: str  # Patron's id or the source's own
    amount: Decimal
    paid_at: datetime


async def issue_receivable(tx: Transaction, reported: ReportedReceivable, rules: IntakeRules) -> Receivable:
    mark = mark_of(reported.order, reported.amount, reported.issued_on, reported.due_on)
    address = reported.customer
    by_ref = () if address.source is None or address.ref is None else ((address.source, address.ref),)
    by_id = () if address.customer_id is None else (address.customer_id,)
    registry = await references.load_registry(tx, by_ref, by_id)
    earlier = await receivables.find_receivable(tx, reported.source, reported.ref)
    if earlier is not None:
        if earlier.fingerprint != mark or registry.find(address, reported.reporter) != earlier.customer_id:
            raise conflict("receivable_id_reused", "this receivable_id was used for another", pointer="/receivable_id")
        return earlier
    rules.check_day(reported.issued_on, tx.at, "/issued_on", may_backdate=reported.reporter.may_backdate)
    order = await _order_named(tx, reported)
    customer_id = registry.reference(address, reported.reporter, tx.at, new_id)
    receivable, event = rules_of_money.issue(
        reported.source, reported.ref, customer_id, order, reported.amount, reported.issued_on, reported.due_on, mark,
        rules=rules, at=tx.at, new_id=new_id,
    )  # fmt: skip
    if registry.added:
        await references.add_references(tx, registry.added)
        announce(tx, registry.added)
    await receivables.add_receivable(tx, receivable)
    announce(tx, [event], ids=[receivable.event_id])
    return receivable


async def receive_payment(tx: Transaction, reported: ReportedPayment, rules: IntakeRules) -> Payment:
    reporter = reported.reporter
    receivable = await receivables.lock_receivable(
        tx, reported.source, reported.receivable, uuid_in(reported.receivable), any_source=not reporter.is_partner
    )
    if receivable is None:
        raise not_found("receivable_not_found", "no such receivable", pointer="/receivable")
    mark = mark_of(receivable.id, reported.amount, reported.paid_at)
    earlier = await receivables.find_payment(tx, receivable.source, reported.ref)
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise conflict("payment_id_reused", "this payment_id was used for another payment", pointer="/payment_id")
        return earlier
    rules.check_instant(reported.paid_at, tx.at, "/paid_at", may_backdate=reporter.may_backdate)
    paid_before = await receivables.sum_payments(tx, receivable.id)
    payment, event = rules_of_money.pay(
        receivable, paid_before, reported.ref, reported.amount, reported.paid_at, mark,
        rules=rules, at=tx.at, new_id=new_id,
    )  # fmt: skip
    await receivables.add_payment(tx, payment)
    announce(tx, [event], ids=[payment.event_id])
    return payment


async def _order_named(tx: Transaction, reported: ReportedReceivable) -> Order | None:
    if reported.order is None:
        return None
    order = await orders.find_order_by_ref(tx, reported.source, reported.order)
    order_id = uuid_in(reported.order)
    if order is None and order_id is not None:
        order = await orders.find_order(tx, order_id, reported.reporter.only_source)
    if order is None:
        raise not_found("order_not_found", "no such order", pointer="/order")
    return order
