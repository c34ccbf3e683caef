"""Changes: redeeming and giving back, holds, transfers. Each is one entry of the ledger, or refused whole."""

from datetime import timedelta

from fastapi import Request

from services.loyalty_svc.handlers import spending
from services.loyalty_svc.repository import reads
from services.loyalty_svc.schemas import (
    CaptureCreate,
    EntryRead,
    HoldCreate,
    HoldRead,
    RedemptionCreate,
    ReversalCreate,
    TransferCreate,
)
from shared.chassis import CurrentActor, Id, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["points"])
WRITE = [allow("points:write")]


@router.post("/customers/{customer_id}/points/redemptions", status_code=201, dependencies=WRITE)
async def redeem_points(customer_id: Id, body: RedemptionCreate, tx: Tx, actor: CurrentActor) -> EntryRead:
    """Spend points, the first to expire first. 409 `not_enough_points` when there are fewer."""
    entry = await spending.redeem_points(
        tx, customer_id, body.points, actor.subject, reference=body.reference, reason=body.reason
    )
    return EntryRead.of(entry, tx.at)


@router.post("/customers/{customer_id}/points/redemptions/{entry_id}/reversal", status_code=201, dependencies=WRITE)
async def give_points_back(
    customer_id: Id, entry_id: Id, tx: Tx, actor: CurrentActor, body: ReversalCreate | None = None
) -> EntryRead:
    """Give redeemed points back to the lots they came from, with the old expiry; all of them, or part (K10)."""
    body = body or ReversalCreate()
    entry = await spending.give_points_back(tx, customer_id, entry_id, body.points, actor.subject, reason=body.reason)
    return EntryRead.of(entry, tx.at)


@router.post("/customers/{customer_id}/points/holds", status_code=201, dependencies=WRITE)
async def place_hold(customer_id: Id, body: HoldCreate, tx: Tx, actor: CurrentActor, request: Request) -> HoldRead:
    """Set points aside until captured, released, or over."""
    days = request.app.state.service.settings.hold_days
    hold = await spending.place_hold(
        tx, customer_id, body.points, body.expires_at or tx.at + timedelta(days=days), actor.subject,
        reference=body.reference,
    )  # fmt: skip
    return HoldRead(**await reads.find_hold(tx, hold.id))


@router.post("/holds/{hold_id}/capture", status_code=201, dependencies=WRITE)
async def capture_hold(hold_id: Id, tx: Tx, actor: CurrentActor, body: CaptureCreate | None = None) -> HoldRead:
    """Spend what was set aside, all or part; the rest is free again at once. A hold ends once."""
    await spending.capture_hold(tx, hold_id, body.points if body else None, actor.subject)
    return HoldRead(**await reads.find_hold(tx, hold_id))


@router.post("/holds/{hold_id}/release", status_code=201, dependencies=WRITE)
async def release_hold(hold_id: Id, tx: Tx, actor: CurrentActor) -> HoldRead:
    await spending.release_hold(tx, hold_id, actor.subject)
    return HoldRead(**await reads.find_hold(tx, hold_id))


@router.post("/customers/{customer_id}/points/transfers", status_code=201, dependencies=[allow("points:adjust")])
async def transfer_points(customer_id: Id, body: TransferCreate, tx: Tx, actor: CurrentActor) -> EntryRead:
    """Move points to another customer; they keep their expiry. Answers with the giver's entry."""
    out, _ = await spending.transfer_points(tx, customer_id, body.to, body.points, actor.subject, reason=body.reason)
    return EntryRead.of(out, tx.at)
