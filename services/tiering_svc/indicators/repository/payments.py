"""SQL of money owed and paid: receivables and payments, each exactly once (T1)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.tiering_svc.indicators.tables.order_facts import payment_fact, receivable_fact
from shared.events import PaymentReceived, ReceivableIssued
from shared.messaging import Transaction
from shared.sql import Upsert, columns_of, insert_columns


async def delete_money(tx: Transaction, customers: Sequence[UUID]) -> None:
    """Delete receivables and payments of these customers."""
    for table in (payment_fact, receivable_fact):
        await tx.raw.execute(f"delete from {table.name} where customer_id = any($1::uuid[])", customers)


async def add_receivables(tx: Transaction, events: Sequence[ReceivableIssued]) -> None:
    """Keep what is owed; announced again, the last announcement holds (K16)."""
    columns = columns_of(events, ("receivable_id", "customer_id", "amount", "issued_on", "due_on"))
    recorded_at = [event.meta.recorded_at for event in events]
    await insert_columns(tx, receivable_fact, columns | {"recorded_at": recorded_at}, on_conflict=Upsert())


async def add_payments(tx: Transaction, events: Sequence[PaymentReceived], months: Sequence[date]) -> None:
    """Keep what was paid, with the month of each payment; announced again, the last announcement holds (K16)."""
    columns = columns_of(events, ("payment_id", "receivable_id", "customer_id", "amount", "paid_at"))
    recorded_at = [event.meta.recorded_at for event in events]
    await insert_columns(
        tx, payment_fact, columns | {"month": months, "recorded_at": recorded_at}, on_conflict=Upsert()
    )
