"""What follows an order, and money: returns, deliveries, cancellation, receivables, payments."""

from fastapi import Request

from services.gateway.handlers import follow_ups, receivables
from services.gateway.handlers.intake import reporter_of
from services.gateway.handlers.receivables import ReportedPayment, ReportedReceivable
from services.gateway.routes.state import gateway_of
from services.gateway.schemas.follow_ups import (
    CancellationCreate,
    CancellationRead,
    DeliveryCreate,
    DeliveryRead,
    ReturnCreate,
    ReturnRead,
)
from services.gateway.schemas.receivables import PaymentCreate, PaymentRead, ReceivableCreate, ReceivableRead
from shared.chassis import CurrentActor, Id, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["orders"])
money = service_router(prefix="/v1", tags=["receivables"])


@router.post("/orders/{order_id}/returns", status_code=201, dependencies=[allow("orders:write")])
async def report_return(request: Request, order_id: Id, body: ReturnCreate, tx: Tx, actor: CurrentActor) -> ReturnRead:
    """Lines come back, whole or in part. All parts of a line together give exactly the line's amount."""
    rules = gateway_of(request).intake.rules
    record = await follow_ups.take_lines_back(
        tx, order_id, reporter_of(actor), body.return_id, body.wanted(), body.returned_at, rules
    )
    return ReturnRead.of(record)


@router.post("/orders/{order_id}/cancellation", status_code=201, dependencies=[allow("orders:write")])
async def report_cancellation(
    request: Request, order_id: Id, body: CancellationCreate, tx: Tx, actor: CurrentActor
) -> CancellationRead:
    """The rest of the order, what was not returned before, is called off."""
    rules = gateway_of(request).intake.rules
    record = await follow_ups.cancel_order(tx, order_id, reporter_of(actor), body.cancelled_at, body.reason, rules)
    return CancellationRead.of(record)


@router.post("/orders/{order_id}/deliveries", status_code=201, dependencies=[allow("orders:write")])
async def report_delivery(
    request: Request, order_id: Id, body: DeliveryCreate, tx: Tx, actor: CurrentActor
) -> DeliveryRead:
    rules = gateway_of(request).intake.rules
    delivery = await follow_ups.record_delivery(
        tx, order_id, reporter_of(actor), body.delivery_id, body.delivered_at, rules
    )
    return DeliveryRead.of(delivery)


@money.post("/receivables", status_code=201, dependencies=[allow("receivables:write")])
async def report_receivable(request: Request, body: ReceivableCreate, tx: Tx, actor: CurrentActor) -> ReceivableRead:
    """Money that a customer owes."""
    intake = gateway_of(request).intake
    reporter = reporter_of(actor)
    source = await intake.source(reporter, body.customer.source)
    reported = ReportedReceivable(
        reporter, source, body.receivable_id, body.customer.address(source), body.order, body.amount, body.issued_on,
        body.due_on,
    )  # fmt: skip
    receivable = await receivables.issue_receivable(tx, reported, intake.rules)
    return ReceivableRead(
        id=receivable.id, receivable_id=receivable.ref, customer_id=receivable.customer_id,
        order_id=receivable.order_id, amount=receivable.amount, issued_on=receivable.issued_on,
        due_on=receivable.due_on, event_id=receivable.event_id,
    )  # fmt: skip


@money.post("/payments", status_code=201, dependencies=[allow("receivables:write")])
async def report_payment(request: Request, body: PaymentCreate, tx: Tx, actor: CurrentActor) -> PaymentRead:
    """A payment, whole or in part; never more than is still owed."""
    intake = gateway_of(request).intake
    reporter = reporter_of(actor)
    source = await intake.source(reporter, body.source, pointer="/source")
    reported = ReportedPayment(reporter, source, body.payment_id, body.receivable, body.amount, body.paid_at)
    payment = await receivables.receive_payment(tx, reported, intake.rules)
    return PaymentRead(
        id=payment.id, payment_id=payment.ref, receivable_id=payment.receivable_id, customer_id=payment.customer_id,
        amount=payment.amount, outstanding=payment.outstanding, paid_at=payment.paid_at, event_id=payment.event_id,
    )  # fmt: skip
