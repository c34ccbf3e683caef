"""Lots as they are shown: those of a customer, and what expires in which month."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, literal, literal_column, select

from services.loyalty_svc.core.repository import Row, fetch_rows
from services.loyalty_svc.ledger.tables import lot
from shared.messaging import Transaction

LOT = (
    lot.c.id, lot.c.customer_id, lot.c.order_id, lot.c.earned_at, lot.c.expires_at, lot.c.points, lot.c.remaining,
    lot.c.expired,
)  # fmt: skip


async def list_expiring(tx: Transaction, zone: str, at: datetime, members: Sequence[UUID] | None = None) -> list[Row]:
    """What can be spent, by the month (of the business time zone) in which it expires; of all, or of these."""
    month = func.to_char(func.timezone(literal(zone), lot.c.expires_at), "YYYY-MM").label("month")
    query = select(month, func.sum(lot.c.remaining).label("points")).where(lot.c.open, lot.c.expires_at > at)
    if members is not None:
        query = query.where(lot.c.customer_id.in_(members))
    return await fetch_rows(tx, query.group_by(literal_column("1")).order_by(literal_column("1")))


async def list_lots(
    tx: Transaction, members: Sequence[UUID], after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Those of these customers that still have points, the first to expire first."""
    query = select(*LOT).where(lot.c.customer_id.in_(members), lot.c.open)
    if after is not None:
        expires_at, lot_id = after
        later = case((lot.c.expires_at == expires_at, lot.c.id > lot_id), else_=lot.c.expires_at > expires_at)
        query = query.where(lot.c.expires_at >= expires_at, later)
    return await fetch_rows(tx, query.order_by(lot.c.expires_at, lot.c.id).limit(limit + 1))


async def find_lot(tx: Transaction, lot_id: UUID) -> Row:
    """One lot as it is shown; it has to exist."""
    query = select(*LOT).where(lot.c.id == lot_id)
    return dict((await tx.sql.execute(query)).mappings().one())
