"""Balances of customers, read without locks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from services.loyalty_svc.core.repository import Row
from services.loyalty_svc.ledger.tables import account, lot
from shared.errors import not_found
from shared.messaging import Transaction


async def load_balances(tx: Transaction, customer_id: UUID, at: datetime) -> Row:
    """Balances as of now: what is overdue but not yet expired by the job cannot be spent, so it is not shown."""
    overdue = (
        select(func.coalesce(func.sum(lot.c.remaining), 0))
        .where(lot.c.customer_id == customer_id, lot.c.open, lot.c.expires_at <= at)
        .scalar_subquery()
    )
    query = select(
        account.c.customer_id, (account.c.available - overdue).label("balance"), account.c.held, account.c.debt
    ).where(account.c.customer_id == customer_id)
    row = (await tx.sql.execute(query)).mappings().one_or_none()
    if row is None:
        raise not_found("customer_not_found", "loyalty has not heard of this customer")
    return dict(row)


async def require_customer(tx: Transaction, customer_id: UUID) -> None:
    if not await tx.raw.fetchval("select true from account where customer_id = $1", customer_id):
        raise not_found("customer_not_found", "loyalty has not heard of this customer")


async def sum_balances(tx: Transaction, at: datetime) -> Row:
    """Over all customers."""
    overdue = select(func.coalesce(func.sum(lot.c.remaining), 0)).where(lot.c.open, lot.c.expires_at <= at)
    sums = [func.coalesce(func.sum(column), 0) for column in (account.c.available, account.c.held, account.c.debt)]
    available = (sums[0] - overdue.scalar_subquery()).label("available")
    query = select(available, sums[1].label("held"), sums[2].label("debt"))
    return dict((await tx.sql.execute(query)).mappings().one())
