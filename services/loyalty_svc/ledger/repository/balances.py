"""Balances of customers, read without locks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from services.loyalty_svc.core.repository import Row
from services.loyalty_svc.ledger.repository.borrowings import sum_debts_between
from services.loyalty_svc.ledger.tables import lot, wallet
from shared.messaging import Transaction


async def load_balances(tx: Transaction, members: Sequence[UUID], at: datetime) -> Row:
    """Balance, held and debt at an instant, in points: of one customer, or the sums of those who are one.

    What is overdue but not yet expired by the job cannot be spent, so it is not shown.
    """
    overdue = (
        select(func.coalesce(func.sum(lot.c.remaining), 0))
        .where(lot.c.customer_id.in_(members), lot.c.open, lot.c.expires_at <= at)
        .scalar_subquery()
    )
    sums = [func.coalesce(func.sum(column), 0) for column in (wallet.c.available, wallet.c.held, wallet.c.debt)]
    query = select(
        func.array_agg(wallet.c.customer_id).label("members"), (sums[0] - overdue).label("balance"),
        sums[1].label("held"), sums[2].label("debt"),
    ).where(wallet.c.customer_id.in_(members))  # fmt: skip
    row = dict((await tx.sql.execute(query)).mappings().one())
    borrowed, lent = await sum_debts_between(tx, members)
    return {**row, "members": sorted(row["members"] or ()), "borrowed": borrowed, "lent": lent}


async def sum_balances(tx: Transaction, at: datetime) -> Row:
    """Available, held and owed points over all customers at an instant; what is overdue counts no more."""
    overdue = select(func.coalesce(func.sum(lot.c.remaining), 0)).where(lot.c.open, lot.c.expires_at <= at)
    sums = [func.coalesce(func.sum(column), 0) for column in (wallet.c.available, wallet.c.held, wallet.c.debt)]
    available = (sums[0] - overdue.scalar_subquery()).label("available")
    query = select(available, sums[1].label("held"), sums[2].label("debt"))
    return dict((await tx.sql.execute(query)).mappings().one())
