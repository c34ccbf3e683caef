"""Lots that are overdue expire as time passes; a lot can be given longer life before."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.expiry import repository
from services.loyalty_svc.ledger.handlers import save_and_announce
from services.loyalty_svc.ledger.repository.wallets import (
    list_customers_with_overdue_lots,
    load_lots,
    load_overdue_lots,
    load_wallet,
    load_wallets,
    set_next_expiry,
)
from services.loyalty_svc.settings import Settings
from shared.chassis import Service
from shared.errors import conflict, invalid, not_found
from shared.messaging import Database, Transaction
from shared.messaging.ids import new_id
from shared.messaging.periodic import repeat_until_stopped

CUSTOMERS_PER_BATCH = 200


async def expire_lots_as_time_passes(service: Service, stop: asyncio.Event) -> None:
    """The background job: from time to time, expire whatever is overdue by then, until `stop` is set.

    Replicas share the work: each takes the customers it can lock at once.
    """
    assert isinstance(service.settings, Settings)
    await repeat_until_stopped(
        lambda: expire_all_overdue(service.database, stop),
        stop, pause_seconds=service.settings.expiry_seconds, failure="expiry_failed",
    )  # fmt: skip


async def expire_all_overdue(database: Database, stop: asyncio.Event) -> None:
    """Expire batch by batch, a transaction each, until nothing is overdue by the database's clock."""
    now = database.clock()
    customers = 1
    while customers and not stop.is_set():
        customers = await database.run(lambda tx: expire_batch(tx, now))


async def expire_batch(tx: Transaction, at: datetime) -> int:
    """Expire what is overdue at `at` for the next customers, each lot once. Returns how many customers were taken."""
    customers = await list_customers_with_overdue_lots(tx, at, CUSTOMERS_PER_BATCH)
    if not customers:
        return 0
    wallets = await load_wallets(tx, customers)
    await load_overdue_lots(tx, wallets, at)
    for wallet in wallets.values():
        wallet.expire_overdue(at)
    await save_and_announce(tx, wallets.values())
    await set_next_expiry(tx, customers)
    return len(customers)


async def extend_lot(
    tx: Transaction, members: Sequence[UUID], lot_id: UUID, expires_at: datetime, reason: str, subject: str
) -> None:
    """Let points live longer. What has expired stays expired; nothing is made to end sooner.
    `members`: the customer and who is one with it; the lot may be of any of them."""
    customer_id = await repository.find_customer_of_lot(tx, members, lot_id)
    if customer_id is None:
        raise not_found("lot_not_found", "The customer has no such lot.")
    wallet = await load_wallet(tx, customer_id)
    await load_lots(tx, {customer_id: wallet}, [lot_id])
    lot = wallet.lots[lot_id]
    if lot.is_overdue(tx.at) or not lot.remaining:
        raise conflict("nothing_to_extend", "The lot has no points that could live longer.")
    if expires_at <= lot.expires_at:
        raise invalid("not_later", "An extension has to end later than the lot does now.", pointer="/expires_at")
    await repository.save_extension(tx, new_id(), lot_id, customer_id, lot.expires_at, expires_at, reason, subject)
