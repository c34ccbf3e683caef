"""Points changed by hand: adjustments, which may need a second person, and transfers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response

from services.loyalty_svc.adjustments import handlers, repository
from services.loyalty_svc.adjustments.domain import Adjustment
from services.loyalty_svc.adjustments.schemas import AdjustmentCreate, AdjustmentRead, TransferCreate
from services.loyalty_svc.core.repository import Row
from services.loyalty_svc.customers.dependencies import VisibleCustomer
from services.loyalty_svc.customers.repository import list_sources
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    visible_customer,
    visible_thing_in_path,
)
from shared.customers import list_members

router = service_router(prefix="/v1", tags=["points"])
ADJUST = [allow("points:adjust")]
visible_adjustment = visible_thing_in_path(
    "adjustment_id", repository.find_customer_of_adjustment, "adjustment_not_found", "There is no such adjustment."
)
MAY_WAIT: dict[int | str, Any] = {202: {"model": AdjustmentRead, "description": "it waits for another person"}}


@router.post("/customers/{customer_id}/points/adjustments", status_code=201, dependencies=ADJUST, responses=MAY_WAIT)
async def adjust_points(
    customer_id: VisibleCustomer, body: AdjustmentCreate, tx: Tx, actor: CurrentActor, response: Response
) -> AdjustmentRead:
    """Correct points by hand.

    The programme's limits count together: to the customer within some days, by the person on a day. Beyond one of them
    it is 202, and stays `pending` until another person approves it.
    """
    adjustment = await handlers.adjust_points(tx, customer_id, body.points, body.reason, actor.subject)
    return await _show(tx, adjustment, response)


@router.get("/adjustments", dependencies=ADJUST)
async def list_adjustments(
    tx: Tx,
    actor: CurrentActor,
    state: Annotated[Literal["pending", "posted", "rejected"] | None, Query()] = None,
    kind: Annotated[Literal["adjustment", "transfer", "settlement"] | None, Query()] = None,
    customer_id: Annotated[Id | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AdjustmentRead]:
    """What people gave and took by hand, the newest first, of one state, kind or customer if given."""
    last = read_cursor(cursor, UUID)
    members = None if customer_id is None else (await list_members(tx, [customer_id]))[customer_id]
    rows = await repository.list_adjustments(
        tx, state, kind, members, last[0] if last else None, limit, data_scope(tx, actor)
    )
    return page_of([_read(row) for row in rows], limit, lambda row: (row.id,))


@router.post("/adjustments/{adjustment_id}/approval", status_code=201, dependencies=[*ADJUST, visible_adjustment])
async def approve_adjustment(adjustment_id: Id, tx: Tx, actor: CurrentActor) -> AdjustmentRead:
    """Post what is pending. 403 `own_approval` for the person who asked for it, or granted it in a case."""
    await handlers.approve_adjustment(tx, adjustment_id, actor.subject)
    return _read(await repository.find_adjustment(tx, adjustment_id))


@router.post("/adjustments/{adjustment_id}/rejection", status_code=201, dependencies=[*ADJUST, visible_adjustment])
async def reject_adjustment(adjustment_id: Id, tx: Tx, actor: CurrentActor) -> AdjustmentRead:
    """End a pending adjustment without posting it. The person who asked for it may withdraw it so."""
    await handlers.reject_adjustment(tx, adjustment_id, actor.subject)
    return _read(await repository.find_adjustment(tx, adjustment_id))


@router.post("/customers/{customer_id}/points/transfers", status_code=201, dependencies=ADJUST, responses=MAY_WAIT)
async def transfer_points(
    customer_id: VisibleCustomer, body: TransferCreate, tx: Tx, actor: CurrentActor, response: Response
) -> AdjustmentRead:
    """Move points to another customer; they keep their expiry. It counts as an adjustment of both.

    `points` of the answer are the sender's, below zero. Beyond a limit it is 202, and waits for another person.
    """
    await visible_customer(tx, actor, body.to, list_sources)
    transfer = await handlers.transfer_points(tx, customer_id, body.to, body.points, actor.subject, reason=body.reason)
    return await _show(tx, transfer, response)


async def _show(tx: Tx, adjustment: Adjustment, response: Response) -> AdjustmentRead:
    response.status_code = 202 if adjustment.state == "pending" else 201
    return _read(await repository.find_adjustment(tx, adjustment.id))


def _read(row: Row) -> AdjustmentRead:
    return AdjustmentRead(
        **{name: row[name] for name in AdjustmentRead.model_fields if name != "to"}, to=row["to_customer"]
    )
