"""Adjustments: loaded and saved under their customer's lock, and as they are shown."""

from uuid import UUID

from asyncpg import Record
from sqlalchemy import select

from services.loyalty_svc.adjustments.domain import Adjustment
from services.loyalty_svc.adjustments.tables import adjustment as adjustment_table
from services.loyalty_svc.core.repository import Row, fetch_rows
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

DECIDE = Upsert(replace=("state", "decided_by", "decided_at", "entry_id"))


async def find_customer_of_adjustment(tx: Transaction, adjustment_id: UUID) -> UUID | None:
    """Whose lock to take before the adjustment is loaded; None when there is no such adjustment."""
    customer: UUID | None = await tx.raw.fetchval("select customer_id from adjustment where id = $1", adjustment_id)
    return customer


async def load_adjustment(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    """An adjustment to be decided, under its customer's lock and its own. 404 `adjustment_not_found`."""
    row: Record | None = await tx.raw.fetchrow(
        """select id, customer_id, points, reason, requested_by, state, decided_by from adjustment
           where id = $1 for update""",
        adjustment_id,
    )  # fmt: skip
    if row is None:
        raise not_found("adjustment_not_found", "There is no such adjustment.")
    return Adjustment(**dict(row))


async def save_adjustment(tx: Transaction, adjustment: Adjustment, entry_id: UUID | None) -> None:
    """Store a new one, or what was decided about it."""
    decided_at = None if adjustment.state == "pending" else tx.at
    written = {"requested_at": tx.at, "decided_at": decided_at, "entry_id": entry_id}
    await insert_many(tx, adjustment_table, [adjustment], shared=written, on_conflict=DECIDE)


async def list_adjustments(
    tx: Transaction, state: str | None, customer_id: UUID | None, before: UUID | None, limit: int
) -> list[Row]:
    """Adjustments, the newest first, of one state or customer if given; one row more than `limit`."""
    query = select(adjustment_table)
    if state is not None:
        query = query.where(adjustment_table.c.state == state)
    if customer_id is not None:
        query = query.where(adjustment_table.c.customer_id == customer_id)
    if before is not None:
        query = query.where(adjustment_table.c.id < before)
    return await fetch_rows(tx, query.order_by(adjustment_table.c.id.desc()).limit(limit + 1))


async def find_adjustment(tx: Transaction, adjustment_id: UUID) -> Row:
    """One adjustment as it is shown; it has to exist."""
    query = select(adjustment_table).where(adjustment_table.c.id == adjustment_id)
    return dict((await tx.sql.execute(query)).mappings().one())
