"""Money owed and money paid: receivables, payments."""

from fastapi import Request

from services.gateway.dependencies import settings_of
from services.gateway.partners.dependencies import sources_of
from services.gateway.receivables.handlers import (
    ReportedPayment,
    ReportedReceivable,
    issue_receivable,
    receive_payment,
)
from services.gateway.receivables.schemas import PaymentCreate, PaymentRead, ReceivableCreate, ReceivableRead
from shared.chassis import CurrentActor, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["receivables"])


@router.post("/receivables", status_code=201, dependencies=[allow("receivables:write")])
async def report_receivable(request: Request, body: ReceivableCreate, tx: Tx, actor: CurrentActor) -> ReceivableRead:
    """Money that a customer owes."""
    sources = sources_of(request)
    reporter = sources.reporter(actor)
    source = await sources.source(reporter, body.customer.source)
    reported = ReportedReceivable(
        reporter, source, body.receivable_id, body.customer.identifier(source), body.order, body.amount, body.issued_on,
        body.due_on,
    )  # fmt: skip
    receivable = await issue_receivable(tx, reported, settings_of(request).rules)
    return ReceivableRead(
        id=receivable.id, receivable_id=receivable.ref, customer_id=receivable.customer_id,
        order_id=receivable.order_id, amount=receivable.amount, issued_on=receivable.issued_on,
        due_on=receivable.due_on, event_id=receivable.event_id,
    )  # fmt: skip


@router.post("/payments", status_code=201, dependencies=[allow("receivables:write")])
async def report_payment(request: Request, body: PaymentCreate, tx: Tx, actor: CurrentActor) -> PaymentRead:
    """A payment, whole or in part; never more than is still owed."""
    sources = sources_of(request)
    reporter = sources.reporter(actor)
    source = await sources.source(reporter, body.source, pointer="/source")
    reported = ReportedPayment(reporter, source, body.payment_id, body.receivable, body.amount, body.paid_at)
    payment = await receive_payment(tx, reported, settings_of(request).rules)
    return PaymentRead(
        id=payment.id, payment_id=payment.ref, receivable_id=payment.receivable_id, customer_id=payment.customer_id,
        amount=payment.amount, outstanding=payment.outstanding, paid_at=payment.paid_at, event_id=payment.event_id,
    )  # fmt: skip
