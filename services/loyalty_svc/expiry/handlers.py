"""What time does: lots expire, holds that nobody ended are released."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog

from services.loyalty_svc.expiry import repository
from services.loyalty_svc.ledger.domain.entries import announced
from services.loyalty_svc.ledger.repository import wallets
from services.loyalty_svc.settings import Settings
from shared.chassis import Service
from shared.errors import conflict, invalid, not_found
from shared.messaging import Database, Transaction, announce
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.database.failures import is_transient
from shared.messaging.ids import new_id

log = structlog.get_logger(__name__)

CUSTOMERS_AT_ONCE = 200


async def expire_due(tx: Transaction, at: datetime) -> int:
    """Expire what is overdue at `at` for the next customers, each lot once. Returns how many were looked at."""
    customers = await wallets.list_customers_with_overdue_lots(tx, at, CUSTOMERS_AT_ONCE)
    if not customers:
        return 0
    purses = await wallets.load_wallets(tx, customers)
    await wallets.load_overdue_lots(tx, purses, at)
    for purse in purses.values():
        purse.expire_due(at)
    announce(tx, announced(await wallets.save_wallets(tx, purses.values()), tx.at))
    await wallets.set_next_expiry(tx, customers)
    return len(customers)


async def expire_all_due(database: Database, stop: asyncio.Event) -> None:
    """Batch by batch, a transaction each, until nothing is overdue."""
    now = database.clock()
    looked_at = 1
    while looked_at and not stop.is_set():
        looked_at = await database.run(lambda tx: expire_due(tx, now))


async def expire_lots_as_time_passes(service: Service, stop: asyncio.Event) -> None:
    """The background job: from time to time, whatever is overdue by then. Replicas share the work by skipping locks."""
    assert isinstance(service.settings, Settings)
    while not stop.is_set():
        try:
            await expire_all_due(service.database, stop)
        except Exception as error:
            if not is_transient(error):
                log.exception("expiry_stumbled")
        await sleep_or_stop(stop, service.settings.expiry_seconds)


async def extend_lot(
    tx: Transaction, customer_id: UUID, lot_id: UUID, expires_at: datetime, reason: str, subject: str
) -> None:
    """Let points live longer. What has expired stays expired; nothing is made to end sooner."""
    purse = await wallets.load_wallet(tx, customer_id)
    await wallets.load_lots(tx, {customer_id: purse}, [lot_id])
    lot = purse.lots.get(lot_id)
    if lot is None:
        raise not_found("lot_not_found")
    if lot.is_over(tx.at) or not lot.remaining:
        raise conflict("nothing_to_extend", "the lot has no points that could live longer")
    if expires_at <= lot.expires_at:
        raise invalid("not_later", "an extension ends later than before", pointer="/expires_at")
    await repository.save_extension(tx, new_id(), lot_id, customer_id, lot.expires_at, expires_at, reason, subject)
