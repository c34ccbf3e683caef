"""What of a service is stuck: its database, consumer, relay, timers or jobs, since when, and why."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.chassis.service import Service
from shared.messaging.database.transaction import Transaction
from shared.messaging.pulse import Pulse

ANSWER_SECONDS = 2.0
PATIENCE_SECONDS = 5.0  # what fails for less is not told: brokers and databases restart
WAITING_SECONDS = 60.0  # an event that is not sent, or a timer that has not fired, for so long


@dataclass(frozen=True, slots=True)
class StuckPart:
    """One part that does not do its work. `since` is None where nobody saw it begin.

    `grave`: the service can not be used so. `hangs`: only a restart helps.
    """

    part: str
    since: datetime | None
    reason: str
    grave: bool = False
    hangs: bool = False

    @property
    def words(self) -> str:
        """For people and logs."""
        return f"{self.part}: {self.reason}" + (f", since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else "")


async def list_stuck(service: Service) -> list[StuckPart]:
    """The parts that do not do their work now; empty when all is well."""
    stuck = [*await _ask_database(service), *_look_at_pulses(service)]
    for name, task in service.tasks.items():
        if task.done():
            stuck.append(StuckPart(name, None, "has ended", grave=True, hangs=True))
    return stuck


async def _ask_database(service: Service) -> list[StuckPart]:
    """The database itself, and what waits in it though it answers."""
    pulse = service.pulses.setdefault("database", Pulse())
    assert isinstance(pulse, Pulse)
    try:
        waiting = await asyncio.wait_for(service.database.run(_list_waiting), ANSWER_SECONDS)
    except Exception as error:
        pulse.fails(type(error).__name__)
        return [StuckPart("database", _when(pulse.failing_since), f"does not answer ({pulse.because})", grave=True)]
    pulse.works()
    return waiting


async def _list_waiting(tx: Transaction) -> list[StuckPart]:
    """By the database's own clock: what it was given when it was to happen."""
    row = await tx.raw.fetchrow(
        """select (select recorded_at from outbox_unsent order by position limit 1) as unsent,
                  (select min(due_at) from timer where state = 'pending' and tries = 0) as due,
                  clock_timestamp() as now"""
    )
    assert row is not None
    long_ago = row["now"] - timedelta(seconds=WAITING_SECONDS)
    waiting = (("relay", "unsent", "events wait to be sent"), ("timers", "due", "timers are overdue"))
    return [
        StuckPart(part, row[column], reason)
        for part, column, reason in waiting
        if row[column] is not None and row[column] < long_ago
    ]


def _look_at_pulses(service: Service) -> Iterator[StuckPart]:
    now = asyncio.get_running_loop().time()
    for name, pulse in service.pulses.items():
        if name == "database":
            continue
        if pulse.hangs:
            yield StuckPart(name, _when(pulse.alive_at), "does not come by any more", grave=True, hangs=True)
        elif pulse.failing_since is not None and now - pulse.failing_since > PATIENCE_SECONDS:
            yield StuckPart(name, _when(pulse.failing_since), f"tries in vain ({pulse.because})")


def _when(at: float | None) -> datetime | None:
    """An instant of the event loop, by this process's clock."""
    if at is None:
        return None
    return datetime.now(UTC) - timedelta(seconds=asyncio.get_running_loop().time() - at)
