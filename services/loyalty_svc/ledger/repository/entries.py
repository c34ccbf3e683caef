"""The entries of a customer's ledger, as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from services.loyalty_svc.core.repository import Row, fetch_rows
from services.loyalty_svc.ledger.tables import entry
from shared.messaging import Transaction

ENTRY = (
    entry.c.id, entry.c.customer_id, entry.c.number, entry.c.kind, entry.c.points,
    entry.c.available.label("balance"), entry.c.held, entry.c.debt, entry.c.occurred_at,
    entry.c.recorded_at, entry.c.order_id, entry.c.case_id, entry.c.hold_id,
    entry.c.reverses, entry.c.reference, entry.c.reason, entry.c.actor,
)  # fmt: skip


Position = tuple[datetime, UUID, int]
"""(recorded at, customer, number) of the last entry of a page."""


async def list_entries(tx: Transaction, members: Sequence[UUID], after: Position | None, limit: int) -> list[Row]:
    """Newest first, of one customer or of all who are one; one row more than `limit`, so that the page knows whether
    there is another."""
    query = select(*ENTRY)
    if len(members) == 1:  # by the number alone, which counts without gaps
        query = query.where(entry.c.customer_id == members[0])
        if after is not None:
            query = query.where(entry.c.number < after[2])
        return await fetch_rows(tx, query.order_by(entry.c.number.desc()).limit(limit + 1))
    columns = (entry.c.recorded_at, entry.c.customer_id, entry.c.number)
    query = query.where(entry.c.customer_id.in_(members))
    if after is not None:
        query = query.where(tuple_(*columns) < tuple_(*after))
    return await fetch_rows(tx, query.order_by(*(column.desc() for column in columns)).limit(limit + 1))
