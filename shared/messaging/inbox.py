"""The way in: each event of a stream takes effect exactly once, in order, in one transaction with its mark.

One row per (topic, key), locked in the transaction of the effects, gives once-only for ever, order, loss detection and
fencing of stale senders. A permanent error is cornered by halving the batch until the event is alone, then parked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog
from pydantic import ValidationError

from shared.errors import DomainError, conflict
from shared.events import CATALOGUE, Event, Meta, read_event
from shared.messaging import faults, parked
from shared.messaging.arrivals import Arrival, StreamKey, from_log, sort_out, waves
from shared.messaging.failures import is_transient
from shared.messaging.marks import lock_marks, read_mark, save_marks, unblock
from shared.messaging.outbox import current_traceparent
from shared.messaging.steps import align_epoch, step_to_beginning
from shared.messaging.streams import Head, Stretch
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.transaction import Database, Transaction

log = structlog.get_logger(__name__)

TRIES = 5
PAUSE_SECONDS = 0.02


class Unreadable(Exception):
    """A payload that its own type cannot read."""


class UnknownType(Exception):
    """A type this release's catalogue does not have; the key waits for one that does."""


class Owners(Protocol):
    """How the owners' logs are asked; over HTTP in a running service."""

    async def stretch(self, topic: str, key: str, first: int) -> Stretch: ...

    async def heads(self, topic: str, *, after: str, changed_since: str | None) -> tuple[UUID, list[Head]]: ...


@dataclass(slots=True)
class Outcome:
    applied: int = 0
    gaps: dict[StreamKey, int] = field(default_factory=dict)


class Inbox:
    def __init__(self, database: Database, subscriptions: Subscriptions, owners: Owners | None = None) -> None:
        self.database = database
        self.subscriptions = subscriptions
        self.owners = owners
        self.applied = 0
        self.pulled = 0
        self.unfinished: set[StreamKey] = set()  # pulls that failed, for the next comparison

    async def apply(self, arrivals: Sequence[Arrival]) -> Outcome:
        """Apply what is new of a batch. Only transient errors come out; permanent ones end parked."""
        outcome = Outcome()
        await self._apply_or_halve(list(arrivals), outcome)
        self.applied += outcome.applied
        return outcome

    async def _apply_or_halve(self, arrivals: list[Arrival], outcome: Outcome) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                applied, gaps = await self.database.run(lambda tx: self._apply_once(tx, arrivals))
            except Exception as error:
                if is_transient(error):
                    raise
                if len(arrivals) > 1:
                    break
                if attempt == TRIES:
                    await self._park(arrivals[0], error)
                    return
                await asyncio.sleep(PAUSE_SECONDS * attempt)
            else:
                outcome.applied += applied
                outcome.gaps.update(gaps)
                return
        middle = len(arrivals) // 2
        await self._apply_or_halve(arrivals[:middle], outcome)
        await self._apply_or_halve(arrivals[middle:], outcome)

    async def _apply_once(self, tx: Transaction, arrivals: Sequence[Arrival]) -> tuple[int, dict[StreamKey, int]]:
        faults.point("consumer.before_apply")
        beginning = any(a.seq == 1 for a in arrivals)
        marks = await lock_marks(tx, {a.stream for a in arrivals}, beginning=beginning)
        found = sort_out(arrivals, marks)
        if found.apply:
            await self._deliver(tx, found.apply)
            await save_marks(tx, [queue[-1] for queue in found.apply.values()])
        for arrival in found.diverged:
            log.error("stream_diverged", topic=arrival.topic, key=arrival.key, seq=arrival.seq)
            await parked.park(tx, arrival, "diverged", "the owner's event of this number is another one", TRIES)
        faults.point("consumer.before_commit")
        return sum(len(queue) for queue in found.apply.values()), found.gaps

    async def _deliver(self, tx: Transaction, queues: dict[StreamKey, list[Arrival]]) -> None:
        if self.subscriptions.locker is not None:
            await self.subscriptions.locker(tx, sorted({key for _, key in queues}))
        try:
            for run in waves(queues):
                current_traceparent.set(run[0].traceparent)  # what is announced now carries it on
                if run[0].type in self.subscriptions.handlers:
                    await self.subscriptions.deliver(tx, self._read(run))
                elif run[0].type not in CATALOGUE:
                    raise UnknownType(run[0].type)
        finally:
            current_traceparent.set(None)

    def _read(self, run: Sequence[Arrival]) -> list[Event]:
        """A run is of one type."""
        as_ = self.subscriptions.read_as.get(run[0].type)
        return [_read(arrival, as_) for arrival in run]

    async def _park(self, arrival: Arrival, error: Exception) -> None:
        """Store the event that cannot be applied with its reason, and block its key. Other keys go on."""
        reason, detail = reason_of(error)
        log.error("event_parked", topic=arrival.topic, key=arrival.key, seq=arrival.seq, reason=reason)

        async def work(tx: Transaction) -> None:
            mark = (await lock_marks(tx, {arrival.stream}))[arrival.stream]
            if not mark.blocked and mark.last_seq < arrival.seq:
                await parked.park(tx, arrival, reason, detail, TRIES)

        await self.database.run(work)

    async def pull(self, topic: str, key: str) -> int:
        """Ask the owner for what is missing after the mark, and apply it. Returns how many events took effect."""
        assert self.owners is not None
        applied = 0
        while True:
            mark = await self.database.run(lambda tx: read_mark(tx, topic, key))
            if mark.blocked:
                return applied
            stretch = await self.owners.stretch(topic, key, mark.last_seq + 1)
            if await self._stepped(topic, key, stretch):
                continue
            outcome = await self.apply(from_log(topic, key, stretch))
            applied += outcome.applied
            self.pulled += outcome.applied
            if outcome.applied == 0 or stretch.events[-1].seq >= stretch.head:
                return applied

    async def _stepped(self, topic: str, key: str, stretch: Stretch) -> bool:
        """Whether the mark moved, back into the owner's epoch or on to where its log begins: then ask again."""

        async def work(tx: Transaction) -> bool:
            return await align_epoch(tx, topic, key, stretch) or await step_to_beginning(tx, topic, key, stretch)

        return await self.database.run(work)

    async def retry(self, parked_id: UUID, by: str) -> bool:
        """Try a parked event again; when it takes effect its key is free and the rest is pulled."""

        async def work(tx: Transaction) -> Arrival | None:
            arrival = await parked.load_parked(tx, parked_id)
            mark = (await lock_marks(tx, {arrival.stream}))[arrival.stream]
            if arrival.seq != mark.last_seq + 1:
                raise conflict(
                    "not_next_in_its_stream", "this event can only be dropped, it is not the next of its key"
                )
            try:
                await tx.raw.execute("savepoint effect")
                await self._deliver(tx, {arrival.stream: [arrival]})
            except Exception as error:
                if is_transient(error):
                    raise
                tx.announced.clear()
                await tx.raw.execute("rollback to savepoint effect")
                await parked.record_failed_retry(tx, parked_id, *reason_of(error))
                return None
            await save_marks(tx, [arrival])
            await parked.end(tx, parked_id, by)
            return arrival

        arrival = await self.database.run(work)
        if arrival is None:
            return False
        await self._pull_the_rest(arrival.topic, arrival.key)
        return True

    async def drop(self, parked_id: UUID, by: str) -> None:
        """Go past a parked event for ever: the hole is recorded, the rest is pulled."""

        async def work(tx: Transaction) -> Arrival:
            arrival = await parked.load_parked(tx, parked_id)
            mark = (await lock_marks(tx, {arrival.stream}))[arrival.stream]
            await parked.record_hole(tx, parked_id, by)
            if arrival.seq > mark.last_seq:
                await save_marks(tx, [arrival])
            else:
                await unblock(tx, arrival)
            await parked.end(tx, parked_id, by)
            return arrival

        arrival = await self.database.run(work)
        await self._pull_the_rest(arrival.topic, arrival.key)

    async def _pull_the_rest(self, topic: str, key: str) -> None:
        """Now, or with the next comparison when the owner does not answer: its head may have been there for long."""
        if self.owners is None:
            return
        try:
            await self.pull(topic, key)
        except Exception as error:
            self.unfinished.add((topic, key))
            log.warning("pull_later", topic=topic, key=key, error=type(error).__name__)


def _read(arrival: Arrival, as_: type[Event] | None) -> Event:
    try:
        event = read_event(arrival.type, arrival.payload, as_)
    except KeyError as error:
        raise UnknownType(arrival.type) from error
    except ValidationError as error:
        raise Unreadable(f"{error.error_count()} fields of {arrival.type}") from None
    return event.received(Meta(arrival.event_id, arrival.seq, arrival.recorded_at))


def reason_of(error: BaseException) -> tuple[str, str]:
    """A stable code and a sentence without personal data: never the payload, never the exception's own text."""
    if isinstance(error, UnknownType):
        return "unknown_type", f"this release does not know {error}"
    if isinstance(error, Unreadable):
        return "unreadable", f"could not read {error}"
    if isinstance(error, DomainError):
        return error.code, "a rule refused it"
    return "failed", type(error).__name__
