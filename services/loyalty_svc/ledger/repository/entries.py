"""The entries of a customer's ledger, as they are shown."""

from uuid import UUID

from sqlalchemy import select

from services.loyalty_svc.core.repository import Row, fetch_rows
from services.loyalty_svc.ledger.tables import entry
from shared.messaging import Transaction

ENTRY = (
    entry.c.id, entry.c.number, entry.c.kind, entry.c.points, entry.c.available.label("balance"), entry.c.held,
    entry.c.debt, entry.c.occurred_at, entry.c.recorded_at, entry.c.order_id, entry.c.case_id, entry.c.hold_id,
    entry.c.reverses, entry.c.reference, entry.c.reason, entry.c.actor,
)  # fmt: skip


async def list_entries(tx: Transaction, customer_id: UUID, before: int | None, limit: int) -> list[Row]:
    """Newest first; one row more than `limit`, so that the page knows whether there is another."""
    query = select(*ENTRY).where(entry.c.customer_id == customer_id)
    if before is not None:
        query = query.where(entry.c.number < before)
    return await fetch_rows(tx, query.order_by(entry.c.number.desc()).limit(limit + 1))
