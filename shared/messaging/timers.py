"""Things that happen later: a row per timer, claimed, effected and marked in one transaction, by the database's clock.

Firing is `SKIP LOCKED` claim + effect + outbox in one transaction; there is no "running" state that a crash could
leave behind. A newer generation of a (aggregate, kind) replaces the older one. Like the inbox, an effect takes a batch:
what is due together is one transaction, and a permanent error is cornered by halving until its timer is alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from shared.messaging import faults
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.database.failures import is_transient, took_too_long
from shared.messaging.database.transaction import Database, Transaction
from shared.messaging.pulse import Pulse
from shared.messaging.tracing import work_of_its_own

log = structlog.get_logger(__name__)

MAX_TRIES = 5
BATCH = 500  # timers a transaction
LEFT_ALONE = timedelta(milliseconds=250)  # until a timer is tried again whose subject somebody is working on
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

    @property
    def subject(self) -> str:
        """What it is about: the aggregate up to its first `/`. A batch has one timer of a subject at most."""
        return self.aggregate.partition("/")[0]


Effect = Callable[[Transaction, Sequence[Timer]], Awaitable[Collection[Timer] | None]]
"""Called with the open transaction and timers of one kind, of a subject each, as they were due. It may return those
that it left alone because somebody is working on their subject: they come again in a moment."""


async def set_timer(tx: Transaction, aggregate: str, kind: str, generation: int, due_at: datetime) -> None:
    """Arm a timer. A higher generation of the (aggregate, kind) cancels the pending one; a lower does nothing."""
    await set_timers(tx, [Timer(aggregate, kind, generation, due_at)])


CANCEL_OLDER = """
update timer set state = 'cancelled', ended_at = $4 from unnest($1::text[], $2::text[], $3::int[])
    given (aggregate, kind, generation)
where timer.aggregate = given.aggregate and timer.kind = given.kind and timer.generation < given.generation
  and state = 'pending'
"""
# What was due before it was set is late only from now on.
ARM = """
insert into timer (aggregate, kind, generation, due_at, state, retry_at)
select aggregate, kind, generation, due_at, 'pending',
       case when due_at < $5::timestamptz then least($5, clock_timestamp()) end
from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[]) given (aggregate, kind, generation, due_at)
where not exists (select from timer t where t.aggregate = given.aggregate and t.kind = given.kind
                  and t.generation > given.generation)
on conflict (aggregate, kind, generation) do nothing
"""


async def set_timers(tx: Transaction, timers: Collection[Timer]) -> None:
    """Arm timers, each as `set_timer` does; of an (aggregate, kind) one at most."""
    if timers:
        await tx.raw.execute(CANCEL_OLDER, *_names(timers), tx.at)
        await tx.raw.execute(ARM, *_names(timers), [timer.due_at for timer in timers], tx.at)


async def cancel_timers(tx: Transaction, aggregate: str, kind: str | None = None) -> int:
    """Cancel what is still pending for an aggregate (of one kind, or of all). Returns how many were."""
    status = await tx.raw.execute(
        """update timer set state = 'cancelled', ended_at = $3
           where aggregate = $1 and ($2::text is null or kind = $2) and state = 'pending'""",
        aggregate, kind, tx.at,
    )  # fmt: skip
    return int(status.rpartition(" ")[2])


async def cancel_timers_of(tx: Transaction, aggregates: Collection[str]) -> None:
    """Cancel whatever is still pending for these aggregates."""
    if aggregates:
        await tx.raw.execute(
            "update timer set state = 'cancelled', ended_at = $2 where aggregate = any($1) and state = 'pending'",
            list(aggregates), tx.at,
        )  # fmt: skip


CLAIM = """
select aggregate, kind, generation, due_at from timer
where state = 'pending' and due_at <= coalesce($1, clock_timestamp()) and kind = any($2)
  and (retry_at is null or retry_at <= clock_timestamp() or retry_at > clock_timestamp() + $3::interval)
order by due_at limit $4 for update skip locked
"""
OF_TIMERS = """
from unnest($1::text[], $2::text[], $3::int[]) given (aggregate, kind, generation)
where (timer.aggregate, timer.kind, timer.generation) = (given.aggregate, given.kind, given.generation)
"""
MARK_FIRED = f"update timer set state = 'fired', ended_at = clock_timestamp() {OF_TIMERS}"
LEAVE = f"update timer set state = 'pending', ended_at = null, retry_at = clock_timestamp() + $4 {OF_TIMERS}"


class Timers:
    """What happens when timers are due, by kind, and the loop that fires them. One per service, in its
    `subscriptions.py`: `timers.on("hold_ends", points.when_holds_end_release_them)`.

    An effect is called with the open transaction, in which its timers are marked as fired. What it raises rolls back
    its changes: a transient error is tried again at once, a permanent one is cornered, and after a growing pause tried
    again for its timer alone.
    """

    def __init__(self) -> None:
        self.effects: dict[str, Effect] = {}
        self.pulse = Pulse()

    def on(self, kind: str, effect: Effect) -> None:
        """Call this effect when timers of that kind are due. TypeError when the kind has one already."""
        if kind in self.effects:
            raise TypeError(f"two effects for the timer {kind}")
        self.effects[kind] = effect

    async def fire_due(self, database: Database, *, until: datetime | None = None) -> int:
        """Fire everything due (by the database's clock, or up to `until`), a batch a transaction. Returns how many."""
        fired = 0
        while batch := await self._fire_batch(database, until):
            self.pulse.works()
            fired += batch
        return fired

    async def _fire_batch(self, database: Database, until: datetime | None) -> int:
        async with database.transaction() as tx:
            batch = await self._claim(tx, until)
            if not batch:
                return 0
            with work_of_its_own(f"timers {batch[0].kind}", attributes={"timers": len(batch)}):
                await self._apply_or_halve(tx, batch)
            faults.point("timer.before_commit")
        faults.point("timer.after_commit")
        return len(batch)

    async def _claim(self, tx: Transaction, until: datetime | None) -> list[Timer]:
        """What is due first, and more of its kind: of each subject its first timer, so that one effect never overtakes
        another of the same subject."""
        rows = await tx.raw.fetch(CLAIM, until, list(self.effects), CLOCK_WAS_SET_BACK, BATCH)
        first_of: dict[str, Timer] = {}
        for row in rows:
            timer = Timer(row["aggregate"], row["kind"], row["generation"], row["due_at"])
            first_of.setdefault(timer.subject, timer)
        batch = [timer for timer in first_of.values() if timer.kind == rows[0]["kind"]]
        if batch:
            await tx.raw.execute(MARK_FIRED, *_names(batch))
        return batch

    async def _apply_or_halve(self, tx: Transaction, batch: list[Timer]) -> None:
        announced = len(tx.announced)
        await tx.raw.execute("savepoint effect")
        try:
            left = await self.effects[batch[0].kind](tx, batch)
        except Exception as error:
            if is_transient(error) and not took_too_long(error):
                raise
            del tx.announced[announced:]
            await tx.raw.execute("rollback to savepoint effect")
            if len(batch) == 1:
                await self._record_failure(tx, batch[0], error)
                return
            middle = len(batch) // 2
            await self._apply_or_halve(tx, batch[:middle])
            await self._apply_or_halve(tx, batch[middle:])
            return
        await tx.raw.execute("release savepoint effect")
        if left:
            await tx.raw.execute(LEAVE, *_names(left), LEFT_ALONE)

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


def _names(timers: Collection[Timer]) -> tuple[list[str], list[str], list[int]]:
    return [t.aggregate for t in timers], [t.kind for t in timers], [t.generation for t in timers]
