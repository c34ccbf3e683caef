"""Money owed and paid: kept as facts; the finance indicators (T1) are computed from them when asked."""

from collections.abc import Sequence

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.repository import payments
from shared.events import PaymentReceived, ReceivableIssued
from shared.messaging import Transaction, ids_in


async def forget_money(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away what these customers owe and paid, to be made anew; tiers stay as decided."""
    await payments.delete_money(tx, ids_in(keys))


async def when_receivables_are_issued_keep_them(tx: Transaction, events: Sequence[ReceivableIssued]) -> None:
    """Money is owed, until a due day."""
    await payments.add_receivables(tx, events)


async def when_payments_are_received_keep_them(tx: Transaction, events: Sequence[PaymentReceived]) -> None:
    """Money was received on a receivable; its month is that of the business's zone."""
    business = await find_business(tx)
    await payments.add_payments(tx, events, [month_of(event.paid_at, business.zone) for event in events])
