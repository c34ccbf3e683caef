"""The access trail is sealed as time passes, so that what was changed or taken out of it afterwards shows (P13)."""

import asyncio
from datetime import datetime, timedelta

import structlog

from shared.chassis.audit import trail
from shared.chassis.service import Service
from shared.events import SEALED_BY
from shared.messaging import Database, Transaction, announce, faults
from shared.messaging.periodic import repeat_until_stopped

log = structlog.get_logger(__name__)

# A line gets its number before its transaction commits: one is sealed when whoever could still commit a lower number
# has ended. No transaction that adds lines takes so long between its beginning and a line.
SETTLES_WITHIN = timedelta(seconds=60)


async def seal_the_trail_as_time_passes(service: Service, stop: asyncio.Event) -> None:
    """The background job: from time to time, seal the lines that have settled, until `stop` is set."""
    await repeat_until_stopped(
        lambda: seal_settled_lines(service.database, service.topic, stop),
        stop, pause_seconds=service.settings.seal_seconds, failure="sealing_failed",
    )  # fmt: skip


async def seal_settled_lines(database: Database, topic: str, stop: asyncio.Event) -> None:
    """Seal batch by batch, a transaction each, all lines that have settled by now."""
    settled_before = database.clock() - SETTLES_WITHIN
    while not stop.is_set() and await database.run(lambda tx: seal_next_lines(tx, topic, settled_before)):
        pass


async def seal_next_lines(
    tx: Transaction, topic: str, settled_before: datetime, margin: timedelta = SETTLES_WITHIN
) -> bool:
    """Seal the next batch of lines of before an instant, and of a margin before the oldest transaction under way.

    The seal is announced in the owner's `topic`, and its digest goes into the log: who cuts the tail off the trail does
    not cut it off those. A topic that no service owns (a bare database) announces nothing.
    """
    seal = await trail.add_seal(tx, settled_before, margin)
    if seal is None:
        return False
    sealed = SEALED_BY.get(topic)
    if sealed is not None:
        announce(
            tx,
            [
                sealed(
                    trail="access", number=seal.number, last_line=seal.last_id, lines=seal.lines,
                    digest=seal.digest.hex(), sealed_at=seal.sealed_at,
                )
            ],
        )  # fmt: skip
    faults.point("sealer.before_commit")
    log.info("access_trail_sealed", number=seal.number, last_id=seal.last_id, digest=seal.digest.hex())
    return True
