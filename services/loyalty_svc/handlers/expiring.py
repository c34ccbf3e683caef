"""What time does: lots expire, holds that nobody ended are released."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog

from services.loyalty_svc.domain.ledger import Cause, announced
from services.loyalty_svc.repository import spending, wallets
from services.loyalty_svc.settings import Settings
from shared.chassis import Service
from shared.messaging import Database, Timer, Transaction, announce
from shared.messaging.failures import is_transient
from shared.messaging.pausing import pause_or_stop

log = structlog.get_logger(__name__)

HOLD_ENDS = "hold_ends"
CUSTOMERS_AT_ONCE = 200


async def when_a_hold_ends_release_it(tx: Transaction, timer: Timer) -> None:
    hold_id = UUID(timer.aggregate)
    customer = await spending.find_customer_of_hold(tx, hold_id)
    if customer is None:
        return
    purse = await wallets.load_wallet(tx, customer)
    hold = await spending.load_hold(tx, hold_id)
    if hold.state != "open":
        return
    await wallets.load_lots(tx, {customer: purse}, [lot_id for lot_id, _ in hold.parts])
    purse.release(hold, tx.at, Cause(occurred_at=timer.due_at, hold_id=hold_id), expired=True)
    await spending.save_hold(tx, hold)
    announce(tx, announced(await wallets.save_wallets(tx, [purse]), tx.at))


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
        await pause_or_stop(stop, service.settings.expiry_seconds)
