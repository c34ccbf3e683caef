"""The access trail is sealed as time passes, so that what was changed or taken out of it afterwards shows (P13)."""

import asyncio
from datetime import datetime, timedelta

import structlog

from services.profile_svc.audit import repository
from services.profile_svc.settings import Settings
from shared.chassis import Service
from shared.messaging import Database, Transaction
from shared.messaging.periodic import repeat_until_stopped

log = structlog.get_logger(__name__)

# A line gets its number before its transaction commits: one is sealed when whoever could still commit a lower number
# has ended. No transaction that adds lines takes so long between its beginning and a line.
SETTLES_WITHIN = timedelta(seconds=60)


async def seal_the_trail_as_time_passes(service: Service, stop: asyncio.Event) -> None:
    """The background job: from time to time, seal the lines that have settled, until `stop` is set."""
    assert isinstance(service.settings, Settings)
    await repeat_until_stopped(
        lambda: seal_settled_lines(service.database, stop),
        stop, pause_seconds=service.settings.seal_seconds, failure="sealing_failed",
    )  # fmt: skip


async def seal_settled_lines(database: Database, stop: asyncio.Event) -> None:
    """Seal batch by batch, a transaction each, all lines that have settled by now."""
    settled_before = database.clock() - SETTLES_WITHIN
    while not stop.is_set() and await database.run(lambda tx: seal_next_lines(tx, settled_before)):
        pass


async def seal_next_lines(tx: Transaction, settled_before: datetime, margin: timedelta = SETTLES_WITHIN) -> bool:
    """Seal the next batch of lines of before an instant, and of a margin before the oldest transaction under way.

    The seal's digest goes into the log of the service too: whoever rewrites the database's trail does not rewrite that.
    """
    seal = await repository.add_seal(tx, settled_before, margin)
    if seal is not None:
        log.info("access_trail_sealed", number=seal.number, last_id=seal.last_id, digest=seal.digest.hex())
    return seal is not None
