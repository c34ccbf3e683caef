"""Things that happen later: a row per timer, claimed, effected and marked in one transaction, by the database's clock.

Firing is `SKIP LOCKED` claim + effect + outbox in one transaction; there is no "running" state that a crash could
leave behind. A newer generation of a (aggregate, kind) replaces the older one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from shared.messaging import faults
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.database.failures import is_transient, took_too_long
from shared.messaging.database.transaction import Database, Transaction
from shared.messaging.pulse import Pulse

log = structlog.get_logger(__name__)

MAX_TRIES = 5
LONGEST_PAUSE = timedelta(seconds=2**8)
CLOCK_WAS_SET_BACK = 2 * LONGEST_PAUSE  # a next try that is further away was set by a clock that has been mended


@dataclass(frozen=True, slots=True)
class Timer:
    """What is due at an instant: a `kind` of effect on an `aggregate` (an id, or words around one).

    Of the generations of one (aggregate, kind) only the highest is pending.
    """

    aggregate: str
    kind: str
    generation: int
    due_at: datetime


Effect = Callable[[Transaction, Timer], Awaitable[None]]


async def set_timer(tx: Transaction, aggregate: str, kind: str, generation: int, due_at: datetime) -> None:
    """Arm a timer. A higher generation of the (aggregate, kind) cancels the pending one; a lower does nothing."""
    await tx.raw.execute(
        """update timer set state = 'cancelled', ended_at = $4
           where aggregate = $1 and kind = $2 and generation < $3 and state = 'pending'""",
        aggregate, kind, generation, tx.at,
    )  # fmt: skip
    await tx.raw.execute(
        """insert into timer (aggregate, kind, generation, due_at, state, retry_at)
           select $1, $2, $3, $4, 'pending', case when $4 < $5::timestamptz then least($5, clock_timestamp()) end
           where not exists (select from timer where aggregate = $1 and kind = $2 and generation > $3)
           on conflict (aggregate, kind, generation) do nothing""",
        aggregate, kind, generation, due_at, tx.at,  # what was due before it was set is late only from now on
    )  # fmt: skip


async def cancel_timers(tx: Transaction, aggregate: str, kind: str | None = None) -> int:
    """Cancel what is still pending for an aggregate (of one kind, or of all). Returns how many were."""
    status = await tx.raw.execute(
        """update timer set state = 'cancelled', ended_at = $3
           where aggregate = $1 and ($2::text is null or kind = $2) and state = 'pending'""",
        aggregate, kind, tx.at,
    )  # fmt: skip
    return int(status.rpartition(" ")[2])


class Timers:
    """What happens when a timer is due, by kind, and the loop that fires them. One per service, in its
    `subscriptions.py`: `timers.on("hold_ends", points.when_a_hold_ends_free_its_points)`.

    An effect is called with the open transaction, in which the timer is marked as fired, and the timer. What it raises
    rolls back its changes: a transient error is tried again at once, a permanent one after a growing pause.
    """

    def __init__(self) -> None:
        self.effects: dict[str, Effect] = {}
        self.pulse = Pulse()

    def on(self, kind: str, effect: Effect) -> None:
        """Call this effect when a timer of that kind is due. TypeError when the kind has one already."""
        if kind in self.effects:
            raise TypeError(f"two effects for the timer {kind}")
        self.effects[kind] = effect

    async def fire_due(self, database: Database, *, until: datetime | None = None) -> int:
        """Fire everything due (by the database's clock, or up to `until`), one transaction each. Returns how many."""
        fired = 0
        while await self._fire_next(database, until):
            self.pulse.works()
            fired += 1
        return fired

    async def _fire_next(self, database: Database, until: datetime | None) -> bool:
        async with database.transaction() as tx:
            timer = await self._claim(tx, until)
            if timer is None:
                return False
            await tx.raw.execute("savepoint effect")
            try:
                await self.effects[timer.kind](tx, timer)
            except Exception as error:
                if is_transient(error) and not took_too_long(error):
                    raise
                tx.announced.clear()
                await tx.raw.execute("rollback to savepoint effect")
                await self._record_failure(tx, timer, error)
                return True
            faults.point("timer.before_commit")
        faults.point("timer.after_commit")
        return True

    async def _claim(self, tx: Transaction, until: datetime | None) -> Timer | None:
        row = await tx.raw.fetchrow(
            """select aggregate, kind, generation, due_at from timer
               where state = 'pending' and due_at <= coalesce($1, clock_timestamp()) and kind = any($2)
                 and (retry_at is null or retry_at <= clock_timestamp() or retry_at > clock_timestamp() + $3::interval)
               order by due_at limit 1 for update skip locked""",
            until, list(self.effects), CLOCK_WAS_SET_BACK,
        )  # fmt: skip
        if row is None:
            return None
        timer = Timer(row["aggregate"], row["kind"], row["generation"], row["due_at"])
        await tx.raw.execute(
            """update timer set state = 'fired', ended_at = clock_timestamp()
               where aggregate = $1 and kind = $2 and generation = $3""",
            timer.aggregate, timer.kind, timer.generation,
        )  # fmt: skip
        return timer

    async def _record_failure(self, tx: Transaction, timer: Timer, error: Exception) -> None:
        """A permanent error: five tries with growing pauses, then the timer is `failed` and `patron status` says so.

        One that takes too long is tried for ever: it must only not keep the others from their turn.
        """
        log.error("timer_failed", kind=timer.kind, aggregate=timer.aggregate, error=repr(error)[:300])
        await tx.raw.execute(
            """update timer set tries = tries + 1, last_error = $4, ended_at = null,
                   state = case when tries + 1 >= $5 and not $6 then 'failed' else 'pending' end,
                   retry_at = clock_timestamp() + least($7, make_interval(secs => power(2, least(tries, 30))::int))
               where aggregate = $1 and kind = $2 and generation = $3""",
            timer.aggregate, timer.kind, timer.generation, type(error).__name__, MAX_TRIES,
            took_too_long(error), LONGEST_PAUSE,
        )  # fmt: skip

    async def run(self, database: Database, stop: asyncio.Event, *, poll_seconds: float = 0.25) -> None:
        """The loop of a running service: fire what is due, then wait a moment, until told to stop."""
        if not self.effects:
            await stop.wait()
        while not stop.is_set():
            self.pulse.beat()
            try:
                await self.fire_due(database)
                self.pulse.works()
            except Exception as error:
                if not is_transient(error):
                    log.exception("timers_stumbled")
                elif self.pulse.failing_since is None:
                    log.warning("timers_wait", error=type(error).__name__)
                self.pulse.fails(type(error).__name__)
            await sleep_or_stop(stop, poll_seconds)
