"""Money owed and paid: kept as facts; the finance indicators (T1) are computed from them when asked."""

from collections.abc import Sequence

from services.tiering_svc.domain.months import month_of
from services.tiering_svc.handlers import subscriptions
from services.tiering_svc.repository import facts, policies
from shared.events import PaymentReceived, ReceivableIssued
from shared.messaging import Transaction


@subscriptions.on(ReceivableIssued)
async def when_receivables_are_issued_keep_them(tx: Transaction, events: Sequence[ReceivableIssued]) -> None:
    await facts.add_receivables(tx, events)


@subscriptions.on(PaymentReceived)
async def when_payments_are_received_keep_them(tx: Transaction, events: Sequence[PaymentReceived]) -> None:
    business = await policies.find_business(tx)
    await facts.add_payments(tx, events, [month_of(event.paid_at, business.zone) for event in events])
