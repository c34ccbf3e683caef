"""Balances of customers, read without locks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from services.loyalty_svc.core.repository import Row, fetch_row
from services.loyalty_svc.ledger.tables import lot, wallet
from shared.errors import customer_not_found
from shared.messaging import Transaction


async def load_balances(tx: Transaction, customer_id: UUID, at: datetime) -> Row:
    """Balance, held and debt of a customer at an instant, in points. 404 `customer_not_found`.

    What is overdue but not yet expired by the job cannot be spent, so it is not shown.
    """
    overdue = (
        select(func.coalesce(func.sum(lot.c.remaining), 0))
        .where(lot.c.customer_id == customer_id, lot.c.open, lot.c.expires_at <= at)
        .scalar_subquery()
    )
    query = select(
        wallet.c.customer_id, (wallet.c.available - overdue).label("balance"), wallet.c.held, wallet.c.debt
    ).where(wallet.c.customer_id == customer_id)
    row = await fetch_row(tx, query)
    if row is None:
        raise customer_not_found(customer_id)
    return row


async def sum_balances(tx: Transaction, at: datetime) -> Row:
    """Available, held and owed points over all customers at an instant; what is overdue counts no more."""
    overdue = select(func.coalesce(func.sum(lot.c.remaining), 0)).where(lot.c.open, lot.c.expires_at <= at)
    sums = [func.coalesce(func.sum(column), 0) for column in (wallet.c.available, wallet.c.held, wallet.c.debt)]
    available = (sums[0] - overdue.scalar_subquery()).label("available")
    query = select(available, sums[1].label("held"), sums[2].label("debt"))
    return dict((await tx.sql.execute(query)).mappings().one())
