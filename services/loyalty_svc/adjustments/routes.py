"""Points changed by hand: adjustments, which may need a second person, and transfers."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.loyalty_svc.adjustments import handlers, repository
from services.loyalty_svc.adjustments.schemas import AdjustmentCreate, AdjustmentRead, TransferCreate
from services.loyalty_svc.customers.dependencies import VisibleCustomer
from services.loyalty_svc.dependencies import CurrentSettings
from services.loyalty_svc.ledger.schemas import EntryRead
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router

router = service_router(prefix="/v1", tags=["points"])
ADJUST = [allow("points:adjust")]


@router.post("/customers/{customer_id}/points/adjustments", status_code=201, dependencies=ADJUST)
async def adjust_points(
    customer_id: VisibleCustomer, body: AdjustmentCreate, tx: Tx, actor: CurrentActor, settings: CurrentSettings
) -> AdjustmentRead:
    """Correct points by hand. Above the limit the adjustment stays `pending` until another person approves it."""
    adjustment = await handlers.adjust_points(
        tx, customer_id, body.points, body.reason, actor.subject, limit=settings.adjustment_limit
    )
    return AdjustmentRead(**await repository.find_adjustment(tx, adjustment.id))


@router.get("/adjustments", dependencies=ADJUST)
async def list_adjustments(
    tx: Tx,
    state: Annotated[Literal["pending", "posted", "rejected"] | None, Query()] = None,
    customer_id: Annotated[Id | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AdjustmentRead]:
    """Adjustments, the newest first, of one state or customer if given."""
    last = read_cursor(cursor, UUID)
    rows = await repository.list_adjustments(tx, state, customer_id, last[0] if last else None, limit)
    return page_of([AdjustmentRead(**row) for row in rows], limit, lambda row: (row.id,))


@router.post("/adjustments/{adjustment_id}/approval", status_code=201, dependencies=ADJUST)
async def approve_adjustment(adjustment_id: Id, tx: Tx, actor: CurrentActor) -> AdjustmentRead:
    """Post a pending adjustment. 403 `own_approval` for the person who asked for it."""
    await handlers.approve_adjustment(tx, adjustment_id, actor.subject)
    return AdjustmentRead(**await repository.find_adjustment(tx, adjustment_id))


@router.post("/adjustments/{adjustment_id}/rejection", status_code=201, dependencies=ADJUST)
async def reject_adjustment(adjustment_id: Id, tx: Tx, actor: CurrentActor) -> AdjustmentRead:
    """End a pending adjustment without posting it. The person who asked for it may withdraw it so."""
    await handlers.reject_adjustment(tx, adjustment_id, actor.subject)
    return AdjustmentRead(**await repository.find_adjustment(tx, adjustment_id))


@router.post("/customers/{customer_id}/points/transfers", status_code=201, dependencies=ADJUST)
async def transfer_points(customer_id: VisibleCustomer, body: TransferCreate, tx: Tx, actor: CurrentActor) -> EntryRead:
    """Move points to another customer; they keep their expiry. Answers with the sender's entry."""
    sent, _ = await handlers.transfer_points(tx, customer_id, body.to, body.points, actor.subject, reason=body.reason)
    return EntryRead.of(sent, tx.at)
