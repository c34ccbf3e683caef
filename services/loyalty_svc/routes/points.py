"""Reads: a customer's points, entries, lots and holds; what is outstanding over all; the programme."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request

from services.loyalty_svc.repository import reads, terms
from services.loyalty_svc.schemas import (
    EntryRead,
    ExpiringRead,
    HoldRead,
    LiabilityRead,
    LotRead,
    PointsRead,
    ProgrammeRead,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router
from shared.errors import forbidden, not_found

router = service_router(prefix="/v1", tags=["points"])
READ = [allow("points:read")]


@router.get("/customers/{customer_id}/points", dependencies=READ)
async def show_points(customer_id: Id, tx: Tx, request: Request) -> PointsRead:
    """What the customer can spend, what is set aside or owed, what expires when, and what a purchase earns now."""
    zone = request.app.state.service.settings.time_zone
    balances = await reads.load_balances(tx, customer_id, tx.at)
    tier = (await terms.load_tiers(tx, [customer_id]))[customer_id].at(tx.at)
    programme = (await terms.load_programmes(tx)).at(tx.at)
    expiring = await reads.list_expiring(tx, zone, tx.at, customer_id)
    return PointsRead(
        **balances, expiring=[ExpiringRead(**row) for row in expiring], tier=tier,
        multiplier=programme.multiplier(tier), programme=ProgrammeRead.model_validate(programme),
    )  # fmt: skip


@router.get("/customers/{customer_id}/points/entries", dependencies=READ)
async def list_entries(customer_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[EntryRead]:
    """The ledger of a customer, newest first; the balances are those after each entry."""
    await reads.require_customer(tx, customer_id)
    place = read_cursor(cursor, int)
    rows = await reads.list_entries(tx, customer_id, place[0] if place else None, limit)
    return page_of([EntryRead(**row) for row in rows], limit, lambda row: (row.number,))


@router.get("/customers/{customer_id}/points/lots", dependencies=READ)
async def list_lots(customer_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[LotRead]:
    """Points by when they were earned, the first to expire first."""
    await reads.require_customer(tx, customer_id)
    place = read_cursor(cursor, datetime, UUID)
    rows = await reads.list_lots(tx, customer_id, (place[0], place[1]) if place else None, limit)
    return page_of([LotRead(**row) for row in rows], limit, lambda row: (row.expires_at, row.id))


@router.get("/customers/{customer_id}/points/holds", dependencies=READ)
async def list_holds(
    customer_id: Id,
    tx: Tx,
    state: Annotated[Literal["open", "captured", "released", "expired"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[HoldRead]:
    await reads.require_customer(tx, customer_id)
    place = read_cursor(cursor, UUID)
    rows = await reads.list_holds(tx, customer_id, state, place[0] if place else None, limit)
    return page_of([HoldRead(**row) for row in rows], limit, lambda row: (row.id,))


@router.get("/holds/{hold_id}", dependencies=READ)
async def show_hold(hold_id: Id, tx: Tx, actor: CurrentActor) -> HoldRead:
    """For the company's own people; a partner asks below its customer, where the gateway knows whose it is."""
    if actor.partner_id is not None:
        raise not_found("hold_not_found")
    return HoldRead(**await reads.find_hold(tx, hold_id))


@router.get("/points/liability", dependencies=READ)
async def show_liability(tx: Tx, actor: CurrentActor, request: Request) -> LiabilityRead:
    """Points outstanding over all customers, by the month in which they expire (L13)."""
    if actor.partner_id is not None:
        raise forbidden("not_for_partners", "this is a figure of the whole company")
    sums = await reads.sum_balances(tx, tx.at)
    expiring = await reads.list_expiring(tx, request.app.state.service.settings.time_zone, tx.at)
    return LiabilityRead(
        as_of=tx.at, outstanding=sums["available"] + sums["held"], **sums,
        expiring=[ExpiringRead(**row) for row in expiring],
    )  # fmt: skip


@router.get("/points/programmes", dependencies=READ)
async def list_programmes(tx: Tx) -> list[ProgrammeRead]:
    """Every version of the programme, the newest first."""
    programmes = await terms.load_programmes(tx)
    return [ProgrammeRead.model_validate(programme) for programme in programmes.all()]
