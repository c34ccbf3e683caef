"""Spending points and setting them aside. Each request is one entry of the ledger, or refused whole."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.loyalty_svc.customers.dependencies import VisibleCustomer, VisibleMembers
from services.loyalty_svc.dependencies import CurrentSettings
from services.loyalty_svc.ledger.repository import holds
from services.loyalty_svc.ledger.schemas import EntryRead
from services.loyalty_svc.redemptions import handlers
from services.loyalty_svc.redemptions.dependencies import VisibleHold
from services.loyalty_svc.redemptions.schemas import (
    CaptureCreate,
    HoldCreate,
    HoldRead,
    RedemptionCreate,
    ReversalCreate,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router

router = service_router(prefix="/v1", tags=["points"])
READ = [allow("points:read")]
WRITE = [allow("points:write")]


@router.post("/customers/{customer_id}/points/redemptions", status_code=201, dependencies=WRITE)
async def redeem_points(
    customer_id: VisibleCustomer, members: VisibleMembers, body: RedemptionCreate, tx: Tx, actor: CurrentActor
) -> EntryRead:
    """Spend points, the first to expire first. 409 `not_enough_points` when there are fewer.

    Of a merged customer the points of the id in the path are spent first; what is missing is borrowed of the others.
    """
    entry = await handlers.redeem_points(
        tx, customer_id, body.points, actor.subject, reference=body.reference, reason=body.reason, seen=members
    )
    return EntryRead.of(entry, tx.at)


@router.post("/customers/{customer_id}/points/redemptions/{entry_id}/reversal", status_code=201, dependencies=WRITE)
async def reverse_redemption(
    members: VisibleMembers, entry_id: Id, tx: Tx, actor: CurrentActor, body: ReversalCreate | None = None
) -> EntryRead:
    """Give redeemed points back to the lots they came from, with the old expiry; all of them, or part (K10)."""
    body = body or ReversalCreate()
    entry = await handlers.reverse_redemption(tx, members, entry_id, body.points, actor.subject, reason=body.reason)
    return EntryRead.of(entry, tx.at)


@router.get("/customers/{customer_id}/points/holds", dependencies=READ)
async def list_holds(
    members: VisibleMembers,
    tx: Tx,
    state: Annotated[Literal["open", "captured", "released", "expired"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[HoldRead]:
    """Holds of a customer, of a merged one those of all its members, the newest first, of one state if given."""
    last = read_cursor(cursor, UUID)
    rows = await holds.list_holds(tx, members, state, last[0] if last else None, limit)
    return page_of([HoldRead(**row) for row in rows], limit, lambda row: (row.id,))


@router.get("/holds/{hold_id}", dependencies=READ)
async def show_hold(hold: VisibleHold) -> HoldRead:
    """One hold; of a customer that whoever asks may see."""
    return HoldRead(**hold)


@router.post("/customers/{customer_id}/points/holds", status_code=201, dependencies=WRITE)
async def place_hold(
    customer_id: VisibleCustomer, members: VisibleMembers, body: HoldCreate, tx: Tx, actor: CurrentActor,
    settings: CurrentSettings,
) -> HoldRead:  # fmt: skip
    """Set points aside until the hold is captured, released, or over."""
    hold = await handlers.place_hold(
        tx, customer_id, body.points, body.expires_at or tx.at + timedelta(days=settings.hold_days), actor.subject,
        reference=body.reference, seen=members,
    )  # fmt: skip
    return HoldRead(**await holds.find_hold(tx, hold.id))


@router.post("/holds/{hold_id}/capture", status_code=201, dependencies=WRITE)
async def capture_hold(
    hold_id: Id, hold: VisibleHold, tx: Tx, actor: CurrentActor, body: CaptureCreate | None = None
) -> HoldRead:
    """Spend what was set aside, all or part; the rest is free again at once. A hold ends once."""
    await handlers.capture_hold(tx, hold_id, body.points if body else None, actor.subject)
    return HoldRead(**await holds.find_hold(tx, hold_id))


@router.post("/holds/{hold_id}/release", status_code=201, dependencies=WRITE)
async def release_hold(hold_id: Id, hold: VisibleHold, tx: Tx, actor: CurrentActor) -> HoldRead:
    """End a hold without spending; its points are free again. A hold ends once."""
    await handlers.release_hold(tx, hold_id, actor.subject)
    return HoldRead(**await holds.find_hold(tx, hold_id))
