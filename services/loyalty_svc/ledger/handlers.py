"""Whom the ledger knows: whoever another service speaks of."""

from collections.abc import Sequence

from services.loyalty_svc.ledger.repository import wallets
from shared.events import CustomerReferenceRegistered, CustomerRegistered
from shared.messaging import Transaction


async def when_customers_are_seen_know_them(tx: Transaction, seen: Sequence[CustomerReferenceRegistered]) -> None:
    await wallets.ensure_customers(tx, (fact.customer_id for fact in seen))


async def when_customers_are_registered_know_them(tx: Transaction, files: Sequence[CustomerRegistered]) -> None:
    await wallets.ensure_customers(tx, (fact.customer_id for fact in files))
