"""Reads of the ledger: a customer's entries and lots, and what is outstanding over all customers."""

from datetime import datetime
from uuid import UUID

from services.loyalty_svc.customers.dependencies import VisibleMembers
from services.loyalty_svc.dependencies import CurrentSettings
from services.loyalty_svc.ledger.repository import balances, entries, lots
from services.loyalty_svc.ledger.schemas import EntryRead, ExpiringRead, LiabilityRead, LotRead
from shared.chassis import (
    CurrentActor,
    Cursor,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import may_read

router = service_router(prefix="/v1", tags=["points"])
READ = [allow("points:read")]


@router.get("/customers/{customer_id}/points/entries", dependencies=READ)
async def list_entries(
    members: VisibleMembers, tx: Tx, actor: CurrentActor, cursor: Cursor = None, limit: Limit = 50
) -> Page[EntryRead]:
    """The ledger of a customer, newest first; of a merged one, the entries of all its members. The balances are those
    of the entry's own wallet after it."""
    last = read_cursor(cursor, datetime, UUID, int)
    rows = await entries.list_entries(tx, members, (last[0], last[1], last[2]) if last else None, limit)
    hidden = {} if may_read(actor, "own_people") else {"actor": None, "reason": None}
    return page_of(
        [EntryRead(**{**row, **hidden}) for row in rows],
        limit,
        lambda row: (row.recorded_at, row.customer_id, row.number),
    )


@router.get("/customers/{customer_id}/points/lots", dependencies=READ)
async def list_lots(members: VisibleMembers, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[LotRead]:
    """The lots that have points left, the first to expire first; of a merged customer, those of all its members."""
    last = read_cursor(cursor, datetime, UUID)
    rows = await lots.list_lots(tx, members, (last[0], last[1]) if last else None, limit)
    return page_of([LotRead(**row) for row in rows], limit, lambda row: (row.expires_at, row.id))


@router.get("/points/liability", dependencies=[*READ, staff_only])
async def show_liability(tx: Tx, settings: CurrentSettings) -> LiabilityRead:
    """Points outstanding over all customers, by the month in which they expire (L13)."""
    sums = await balances.sum_balances(tx, tx.at)
    expiring = await lots.list_expiring(tx, settings.time_zone, tx.at)
    return LiabilityRead(
        as_of=tx.at, outstanding=sums["available"] + sums["held"], **sums,
        expiring=[ExpiringRead(**row) for row in expiring],
    )  # fmt: skip
