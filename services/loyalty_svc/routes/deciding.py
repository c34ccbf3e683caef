"""Changes that need a reason or a second person: adjustments, longer life for points, the programme."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request

from services.loyalty_svc.handlers import deciding
from services.loyalty_svc.repository import reads
from services.loyalty_svc.schemas import (
    AdjustmentCreate,
    AdjustmentRead,
    ExtensionCreate,
    LotRead,
    ProgrammeCreate,
    ProgrammeRead,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router

router = service_router(prefix="/v1", tags=["points"])
ADJUST = [allow("points:adjust")]


@router.post("/customers/{customer_id}/points/adjustments", status_code=201, dependencies=ADJUST)
async def adjust_points(
    customer_id: Id, body: AdjustmentCreate, tx: Tx, actor: CurrentActor, request: Request
) -> AdjustmentRead:
    """Correct points by hand. Above the limit it stays `pending` until another person approves it."""
    limit = request.app.state.service.settings.adjustment_limit
    made = await deciding.adjust_points(tx, customer_id, body.points, body.reason, actor.subject, limit=limit)
    return AdjustmentRead(**await reads.find_adjustment(tx, made.id))


@router.get("/adjustments", dependencies=ADJUST)
async def list_adjustments(
    tx: Tx,
    state: Annotated[Literal["pending", "posted", "refused"] | None, Query()] = None,
    customer_id: Annotated[Id | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AdjustmentRead]:
    place = read_cursor(cursor, UUID)
    rows = await reads.list_adjustments(tx, state, customer_id, place[0] if place else None, limit)
    return page_of([AdjustmentRead(**row) for row in rows], limit, lambda row: (row.id,))


@router.post("/adjustments/{adjustment_id}/approval", status_code=201, dependencies=ADJUST)
async def approve_adjustment(adjustment_id: Id, tx: Tx, actor: CurrentActor) -> AdjustmentRead:
    """Post it. 403 `own_approval` for the person who asked for it."""
    await deciding.approve_adjustment(tx, adjustment_id, actor.subject)
    return AdjustmentRead(**await reads.find_adjustment(tx, adjustment_id))


@router.post("/adjustments/{adjustment_id}/refusal", status_code=201, dependencies=ADJUST)
async def refuse_adjustment(adjustment_id: Id, tx: Tx, actor: CurrentActor) -> AdjustmentRead:
    await deciding.refuse_adjustment(tx, adjustment_id, actor.subject)
    return AdjustmentRead(**await reads.find_adjustment(tx, adjustment_id))


@router.post("/customers/{customer_id}/points/lots/{lot_id}/extension", status_code=201, dependencies=ADJUST)
async def extend_lot(customer_id: Id, lot_id: Id, body: ExtensionCreate, tx: Tx, actor: CurrentActor) -> LotRead:
    """Let points live longer; never shorter, and not what has expired."""
    await deciding.extend_lot(tx, customer_id, lot_id, body.expires_at, body.reason, actor.subject)
    return LotRead(**await reads.find_lot(tx, lot_id))


@router.post("/points/programmes", status_code=201, dependencies=[allow("policies:write")])
async def add_programme(body: ProgrammeCreate, tx: Tx, actor: CurrentActor) -> ProgrammeRead:
    """A new version, for orders placed from `effective_from` on. What was earned before stays as it was."""
    stated = body.model_dump(mode="json", exclude={"effective_from"})
    return ProgrammeRead.model_validate(await deciding.add_programme(tx, body.effective_from, stated, actor.subject))
