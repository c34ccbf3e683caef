"""What is only read: balances, entries, lots, holds, adjustments, the liability. Nothing here locks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, literal, literal_column, select

from services.loyalty_svc.tables import account, adjustment, entry, hold, lot
from shared.errors import not_found
from shared.messaging import Transaction

Row = Mapping[str, Any]

ENTRY = (
    entry.c.id, entry.c.number, entry.c.kind, entry.c.points, entry.c.available.label("balance"), entry.c.held,
    entry.c.debt, entry.c.occurred_at, entry.c.recorded_at, entry.c.order_id, entry.c.case_id, entry.c.hold_id,
    entry.c.reverses, entry.c.reference, entry.c.reason, entry.c.actor,
)  # fmt: skip
HOLD = (
    hold.c.id, hold.c.customer_id, hold.c.points, hold.c.state, hold.c.captured, hold.c.placed_at, hold.c.expires_at,
    hold.c.ended_at, hold.c.reference,
)  # fmt: skip


async def load_balances(tx: Transaction, customer_id: UUID, at: datetime) -> Row:
    """Balances as of now: what is overdue but not yet expired by the job cannot be spent, so it is not shown."""
    overdue = (
        select(func.coalesce(func.sum(lot.c.remaining), 0))
        .where(lot.c.customer_id == customer_id, lot.c.open, lot.c.expires_at <= at)
        .scalar_subquery()
    )
    asked = select(
        account.c.customer_id, (account.c.available - overdue).label("balance"), account.c.held, account.c.debt
    ).where(account.c.customer_id == customer_id)
    row = (await tx.sql.execute(asked)).mappings().one_or_none()
    if row is None:
        raise not_found("customer_not_found", "loyalty has not heard of this customer")
    return dict(row)


async def require_customer(tx: Transaction, customer_id: UUID) -> None:
    if not await tx.raw.fetchval("select true from account where customer_id = $1", customer_id):
        raise not_found("customer_not_found", "loyalty has not heard of this customer")


async def list_expiring(tx: Transaction, zone: str, at: datetime, customer_id: UUID | None = None) -> list[Row]:
    """What can be spent, by the month (of the business time zone) in which it expires."""
    month = func.to_char(func.timezone(literal(zone), lot.c.expires_at), "YYYY-MM").label("month")
    asked = select(month, func.sum(lot.c.remaining).label("points")).where(lot.c.open, lot.c.expires_at > at)
    if customer_id is not None:
        asked = asked.where(lot.c.customer_id == customer_id)
    return await _all(tx, asked.group_by(literal_column("1")).order_by(literal_column("1")))


async def sum_balances(tx: Transaction, at: datetime) -> Row:
    """Over all customers."""
    overdue = select(func.coalesce(func.sum(lot.c.remaining), 0)).where(lot.c.open, lot.c.expires_at <= at)
    sums = [func.coalesce(func.sum(column), 0) for column in (account.c.available, account.c.held, account.c.debt)]
    available = (sums[0] - overdue.scalar_subquery()).label("available")
    asked = select(available, sums[1].label("held"), sums[2].label("debt"))
    return dict((await tx.sql.execute(asked)).mappings().one())


async def list_entries(tx: Transaction, customer_id: UUID, before: int | None, limit: int) -> list[Row]:
    """Newest first; one more than asked for, so that the page knows whether there is another."""
    asked = select(*ENTRY).where(entry.c.customer_id == customer_id)
    if before is not None:
        asked = asked.where(entry.c.number < before)
    return await _all(tx, asked.order_by(entry.c.number.desc()).limit(limit + 1))


async def list_lots(tx: Transaction, customer_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[Row]:
    """Those that still have points, the first to expire first."""
    asked = select(
        lot.c.id, lot.c.order_id, lot.c.earned_at, lot.c.expires_at, lot.c.points, lot.c.remaining, lot.c.expired
    ).where(lot.c.customer_id == customer_id, lot.c.open)
    if after is not None:
        expires_at, lot_id = after
        later = case((lot.c.expires_at == expires_at, lot.c.id > lot_id), else_=lot.c.expires_at > expires_at)
        asked = asked.where(lot.c.expires_at >= expires_at, later)
    return await _all(tx, asked.order_by(lot.c.expires_at, lot.c.id).limit(limit + 1))


async def find_lot(tx: Transaction, lot_id: UUID) -> Row:
    asked = select(
        lot.c.id, lot.c.order_id, lot.c.earned_at, lot.c.expires_at, lot.c.points, lot.c.remaining, lot.c.expired
    ).where(lot.c.id == lot_id)
    return dict((await tx.sql.execute(asked)).mappings().one())


async def list_holds(
    tx: Transaction, customer_id: UUID, state: str | None, before: UUID | None, limit: int
) -> list[Row]:
    asked = select(*HOLD).where(hold.c.customer_id == customer_id)
    if state is not None:
        asked = asked.where(hold.c.state == state)
    if before is not None:
        asked = asked.where(hold.c.id < before)
    return await _all(tx, asked.order_by(hold.c.id.desc()).limit(limit + 1))


async def find_hold(tx: Transaction, hold_id: UUID) -> Row:
    row = (await tx.sql.execute(select(*HOLD).where(hold.c.id == hold_id))).mappings().one_or_none()
    if row is None:
        raise not_found("hold_not_found")
    return dict(row)


async def list_adjustments(
    tx: Transaction, state: str | None, customer_id: UUID | None, before: UUID | None, limit: int
) -> list[Row]:
    asked = select(adjustment)
    if state is not None:
        asked = asked.where(adjustment.c.state == state)
    if customer_id is not None:
        asked = asked.where(adjustment.c.customer_id == customer_id)
    if before is not None:
        asked = asked.where(adjustment.c.id < before)
    return await _all(tx, asked.order_by(adjustment.c.id.desc()).limit(limit + 1))


async def find_adjustment(tx: Transaction, adjustment_id: UUID) -> Row:
    asked = select(adjustment).where(adjustment.c.id == adjustment_id)
    return dict((await tx.sql.execute(asked)).mappings().one())


async def _all(tx: Transaction, asked: "Select[Any]") -> list[Row]:
    rows: Sequence[Any] = (await tx.sql.execute(asked)).mappings().all()
    return [dict(row) for row in rows]
