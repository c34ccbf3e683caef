"""What people report about retention (T13): what a month's winning and keeping of customers cost."""

from datetime import date
from decimal import Decimal

from services.tiering_svc.retention.repository import churn as retention
from services.tiering_svc.retention.repository.churn import Cost
from shared.messaging import Transaction, new_id


async def record_cost(tx: Transaction, month: date, purpose: str, channel: str, amount: Decimal, by: str) -> Cost:
    """What a month's `win` or `keep` cost by channel. Earlier entries are kept beside it, so that an earlier report can
    be made again as it was."""
    await retention.add_cost(tx, new_id(), month, purpose, channel, amount, by)
    return Cost(month, purpose, channel, amount, by, tx.at)
