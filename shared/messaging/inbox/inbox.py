"""The way in: each event of a stream takes effect exactly once, in order, in one transaction with its position.

One row per (topic, key), locked in the transaction of the effects, gives once-only for ever, order, loss detection and
fencing of stale senders. A permanent error is cornered by halving the batch until the event is alone, then parked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from pydantic import ValidationError

from shared.errors import DomainError, conflict
from shared.events import CATALOGUE, Event, Meta, read_event
from shared.events.reading import StructReader, read_as_struct
from shared.messaging import faults
from shared.messaging.database.failures import is_transient, took_too_long
from shared.messaging.database.transaction import Database, Transaction
from shared.messaging.inbox import parked
from shared.messaging.inbox.log_client import LogClient
from shared.messaging.inbox.positions import lock_positions, read_position, save_positions, unblock
from shared.messaging.inbox.received import (
    ReceivedEvent,
    StreamKey,
    StreamPosition,
    batches_by_type,
    classify,
    from_log,
)
from shared.messaging.inbox.resync import align_epoch, is_outranked, skip_to_first_available
from shared.messaging.outbox.event_log import LogSlice
from shared.messaging.pulse import DEAD_SECONDS, Pulse
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tracing import in_trace, span, trace_of

log = structlog.get_logger(__name__)

MAX_TRIES = 5
RETRY_PAUSE_SECONDS = 0.02


class Unreadable(Exception):
    """A payload that its own type cannot read."""


class UnknownType(Exception):
    """A type this release's catalogue does not have; the key waits for one that does."""


@dataclass(slots=True)
class Outcome:
    """What came of a batch: how many events took effect, and the first missing number of each stream with a gap."""

    applied: int = 0
    gaps: dict[StreamKey, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PulledSlice:
    """What came of one pull: how many events took effect, the owner's last number, whether there is no more to ask for.

    `blocked`: nothing was asked, the stream waits for an operator.
    """

    applied: int
    head: int
    is_last: bool
    blocked: bool = False


class Inbox:
    """Applies received events through a service's subscriptions. One per process; `applied` and `pulled` count events.

    Without a log client nothing can be pulled: for tests of handlers.
    """

    def __init__(self, database: Database, subscriptions: Subscriptions, log_client: LogClient | None = None) -> None:
        self.database = database
        self.subscriptions = subscriptions
        self.log_client = log_client
        self.applied = 0
        self.pulled = 0
        self.failed_pulls: set[StreamKey] = set()  # for the next reconciliation

    async def apply(self, received: Sequence[ReceivedEvent], pulse: Pulse | None = None) -> Outcome:
        """Apply what is new of a batch. Only transient errors come out; permanent ones end parked.

        A batch that takes too long is halved; an event that does so alone is given more time, and is never parked.
        `pulse` is that of who applies, and beats with each attempt.
        """
        outcome = Outcome()
        await self._apply_or_halve(list(received), outcome, pulse or Pulse())
        self.applied += outcome.applied
        return outcome

    async def _apply_or_halve(self, received: list[ReceivedEvent], outcome: Outcome, pulse: Pulse) -> None:
        database = self.database
        for attempt in range(1, MAX_TRIES + 1):
            pulse.beat(within=DEAD_SECONDS if database is self.database else database.limits.long_statement_seconds)
            try:
                applied, gaps = await database.run(lambda tx: self._apply_once(tx, received))
            except Exception as error:
                if took_too_long(error) and (len(received) > 1 or database is self.database):
                    log.warning("batch_took_too_long", events=len(received), topic=received[0].topic)
                    if len(received) > 1:
                        break
                    database = self.database.for_long_work()
                    continue
                if is_transient(error):
                    raise
                if len(received) > 1:
                    break
                if attempt == MAX_TRIES:
                    await self._park(received[0], error)
                    return
                await asyncio.sleep(RETRY_PAUSE_SECONDS * attempt)
            else:
                outcome.applied += applied
                outcome.gaps.update(gaps)
                return
        middle = len(received) // 2
        await self._apply_or_halve(received[:middle], outcome, pulse)
        await self._apply_or_halve(received[middle:], outcome, pulse)

    async def _apply_once(self, tx: Transaction, received: Sequence[ReceivedEvent]) -> tuple[int, dict[StreamKey, int]]:
        faults.point("consumer.before_apply")
        some_are_new = any(event.seq == 1 for event in received)
        positions = await lock_positions(tx, {event.stream for event in received}, some_are_new=some_are_new)
        classified = classify(received, positions)
        if classified.apply:
            await self._deliver(tx, classified.apply)
            await save_positions(tx, [queue[-1] for queue in classified.apply.values()])
        for event in classified.diverged:
            log.error("stream_diverged", topic=event.topic, key=event.key, seq=event.seq)
            await parked.park(tx, event, "diverged", "the owner's event of this number is another one", MAX_TRIES)
        faults.point("consumer.before_commit")
        return sum(len(queue) for queue in classified.apply.values()), classified.gaps

    async def _deliver(self, tx: Transaction, queues: dict[StreamKey, list[ReceivedEvent]]) -> None:
        if self.subscriptions.locker is not None:
            await self.subscriptions.locker(tx, sorted({key for _, key in queues}))
        for batch in batches_by_type(queues):
            type_ = batch[0].type
            if type_ not in self.subscriptions.handlers:
                if type_ not in CATALOGUE:
                    raise UnknownType(type_)
                continue
            traceparent, of_keys = trace_of(batch)
            with (
                in_trace(traceparent, of_keys),  # what is announced now carries it on
                span(f"handle {type_}", "consumer", traceparent, {"events": len(batch)}),
            ):
                await self.subscriptions.deliver(tx, self.parse(batch))
                log.debug("events_handled", type=type_, events=len(batch))

    def parse(self, batch: Sequence[ReceivedEvent]) -> list[Event]:
        """Events of one type, as the subscriptions read that type. Raises UnknownType or Unreadable."""
        type_ = batch[0].type
        struct = self.subscriptions.struct_readers.get(type_)
        read_as = self.subscriptions.read_as.get(type_)
        return [_parse(received, read_as, struct) for received in batch]

    async def _park(self, event: ReceivedEvent, error: Exception) -> None:
        """Store the event that cannot be applied with its reason, and block its stream. Other streams go on."""
        reason, detail = reason_of(error)
        with in_trace(event.traceparent):
            log.error("event_parked", topic=event.topic, key=event.key, seq=event.seq, reason=reason)

        async def work(tx: Transaction) -> None:
            position = (await lock_positions(tx, {event.stream}))[event.stream]
            if not position.blocked and position.last_seq < event.seq:
                await parked.park(tx, event, reason, detail, MAX_TRIES)

        await self.database.run(work)

    async def pull(self, topic: str, key: str) -> int:
        """Ask the owner for what is missing after the position, and apply it. Returns how many events took effect.

        Raises transient errors, and whatever keeps the owner from answering.
        """
        applied = 0
        while True:
            pulled = await self.pull_slice(topic, key)
            applied += pulled.applied
            if pulled.is_last:
                return applied

    async def pull_slice(self, topic: str, key: str) -> PulledSlice:
        """Ask the owner for the next slice after the position, and apply it. Raises as `pull` does.

        A stream that neither side has anything of leaves no row: anybody may ask for a key that does not exist.
        """
        while True:
            position = await self.database.run(lambda tx: read_position(tx, topic, key))
            if position.blocked:
                return PulledSlice(0, head=position.last_seq, is_last=True, blocked=True)
            log_slice = await self._read_slice(topic, key, position)
            if not log_slice.head and not position.last_seq:
                return PulledSlice(0, head=0, is_last=True)
            if await self._resync(topic, key, log_slice, position.epoch):
                continue
            outcome = await self.apply(from_log(topic, key, log_slice))
            self.pulled += outcome.applied
            is_last = outcome.applied == 0 or log_slice.events[-1].seq >= log_slice.head
            return PulledSlice(outcome.applied, head=log_slice.head, is_last=is_last)

    async def _read_slice(self, topic: str, key: str, position: StreamPosition) -> LogSlice:
        """What follows a position at the owner, which is told when it has forgotten the epoch of that position."""
        assert self.log_client is not None
        first = position.last_seq + 1
        log_slice = await self.log_client.read_slice(topic, key, first, position.epoch)
        if position.epoch is not None and is_outranked(log_slice.epoch, position.epoch):
            await self.log_client.outrank_epoch(topic, position.epoch)
            log_slice = await self.log_client.read_slice(topic, key, first, position.epoch)
        return log_slice

    async def _resync(self, topic: str, key: str, log_slice: LogSlice, seen_epoch: UUID | None) -> bool:
        """Move the position into the owner's epoch, or on to where its log begins. Returns whether to ask it again."""

        async def work(tx: Transaction) -> bool:
            moved = await align_epoch(tx, topic, key, log_slice, seen_epoch)
            return moved or await skip_to_first_available(tx, topic, key, log_slice)

        return await self.database.run(work)

    async def retry(self, parked_id: UUID, by: str) -> bool:
        """Try a parked event again; when it takes effect its stream goes on. Returns whether it did.

        Raises DomainError parked_not_found, not_authentic or not_next_in_its_stream; what the handlers raise is
        recorded.
        """

        async def work(tx: Transaction) -> ReceivedEvent | None:
            event = await parked.load_parked(tx, parked_id)
            position = (await lock_positions(tx, {event.stream}))[event.stream]
            if event.seq != position.last_seq + 1:
                raise conflict(
                    "not_next_in_its_stream", "This event can only be dropped: it is not the next of its key."
                )
            try:
                await tx.raw.execute("savepoint effect")
                await self._deliver(tx, {event.stream: [event]})
            except Exception as error:
                if is_transient(error):
                    raise
                tx.announced.clear()
                await tx.raw.execute("rollback to savepoint effect")
                await parked.record_failed_retry(tx, parked_id, *reason_of(error))
                return None
            await save_positions(tx, [event])
            await parked.end(tx, parked_id, by)
            return event

        event = await self.database.run(work)
        if event is None:
            return False
        await self._pull_the_rest(event.topic, event.key)
        return True

    async def drop(self, parked_id: UUID, by: str) -> None:
        """Go past a parked event for ever: the hole is recorded, the rest is pulled. DomainError parked_not_found.

        A message that is not authentic leaves no hole, for it was no event.
        """

        async def work(tx: Transaction) -> ReceivedEvent | None:
            if await parked.end_not_authentic(tx, parked_id, by):  # no stream of ours has it
                return None
            event = await parked.load_parked(tx, parked_id)
            position = (await lock_positions(tx, {event.stream}))[event.stream]
            await parked.record_hole(tx, parked_id, by)
            if event.seq > position.last_seq:
                await save_positions(tx, [event])
            else:
                await unblock(tx, event.topic, event.key)
            await parked.end(tx, parked_id, by)
            return event

        event = await self.database.run(work)
        if event is not None:
            await self._pull_the_rest(event.topic, event.key)

    async def _pull_the_rest(self, topic: str, key: str) -> None:
        """Now, or with the next reconciliation when the owner does not answer: its head may not have changed lately."""
        if self.log_client is None:
            return
        try:
            await self.pull(topic, key)
        except Exception as error:
            self.failed_pulls.add((topic, key))
            log.warning("pull_later", topic=topic, key=key, error=type(error).__name__)


def _parse(received: ReceivedEvent, read_as: type[Event] | None, struct: StructReader | None) -> Event:
    """The event of the catalogue, with its place in its stream. Raises UnknownType or Unreadable."""
    if struct is not None:
        event = read_as_struct(struct, received.payload)
        if event is not None:
            return event.received(Meta(received.event_id, received.seq, received.recorded_at))
    try:
        event = read_event(received.type, received.payload, read_as)
    except KeyError as error:
        raise UnknownType(received.type) from error
    except ValidationError as error:
        raise Unreadable(f"{error.error_count()} fields of {received.type}") from None
    return event.received(Meta(received.event_id, received.seq, received.recorded_at))


def reason_of(error: BaseException) -> tuple[str, str]:
    """Why an event is parked: a stable code, and words without personal data (no payload, no text of the exception)."""
    if isinstance(error, UnknownType):
        return "unknown_type", f"this release does not know {error}"
    if isinstance(error, Unreadable):
        return "unreadable", f"could not read {error}"
    if isinstance(error, DomainError):
        return error.code, "a rule refused it"
    return "failed", type(error).__name__
