"""What becomes of an order: returns, its cancellation, deliveries."""

from fastapi import Request

from services.gateway.dependencies import settings_of
from services.gateway.intake.dependencies import visible_order
from services.gateway.intake.handlers.deliveries import record_delivery
from services.gateway.intake.handlers.reversals import cancel_order, return_order_lines
from services.gateway.intake.schemas.deliveries import DeliveryCreate, DeliveryRead
from services.gateway.intake.schemas.reversals import CancellationCreate, CancellationRead, ReturnCreate, ReturnRead
from services.gateway.partners.handlers import reporter_of
from shared.chassis import CurrentActor, Id, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["orders"])


@router.post("/orders/{order_id}/returns", status_code=201, dependencies=[allow("orders:write"), visible_order])
async def report_return(request: Request, order_id: Id, body: ReturnCreate, tx: Tx, actor: CurrentActor) -> ReturnRead:
    """Lines come back, whole or in part. All parts of a line together give exactly the line's amount."""
    rules = settings_of(request).rules
    reversal = await return_order_lines(
        tx, order_id, reporter_of(actor), body.return_id, body.returned(), body.returned_at, rules
    )
    return ReturnRead.of(reversal)


@router.post("/orders/{order_id}/cancellation", status_code=201, dependencies=[allow("orders:write"), visible_order])
async def report_cancellation(
    request: Request, order_id: Id, body: CancellationCreate, tx: Tx, actor: CurrentActor
) -> CancellationRead:
    """The rest of the order, what was not returned before, is called off."""
    rules = settings_of(request).rules
    reversal = await cancel_order(tx, order_id, reporter_of(actor), body.cancelled_at, body.reason, rules)
    return CancellationRead.of(reversal)


@router.post("/orders/{order_id}/deliveries", status_code=201, dependencies=[allow("orders:write"), visible_order])
async def report_delivery(
    request: Request, order_id: Id, body: DeliveryCreate, tx: Tx, actor: CurrentActor
) -> DeliveryRead:
    """The order's goods arrived."""
    rules = settings_of(request).rules
    delivery = await record_delivery(
        tx, order_id, reporter_of(actor), body.delivery_id, body.delivered_at, body.delivered(), rules
    )
    return DeliveryRead.of(delivery)
