"""The consumer: polls the broker, applies through the inbox, commits offsets after the database; and misses nothing.

What the broker loses is found by a gap in the numbers or by comparing the marks with the owners' heads, and pulled from
the owner's log. A consumer that makes no progress is thrown away and made anew.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from shared.events import CATALOGUE
from shared.messaging import faults
from shared.messaging.arrivals import Arrival, StreamKey, read_message
from shared.messaging.broker import Broker, Consumer, Message
from shared.messaging.comparing import Behind, Suspects, behind_the_heads, streams_of_other_epochs
from shared.messaging.failures import is_transient
from shared.messaging.inbox import Inbox
from shared.messaging.pausing import pause_or_stop

log = structlog.get_logger(__name__)

BATCH = 500
PULLS_AT_ONCE = 8
LEAST_PATIENCE_SECONDS = 0.005
MOST_PATIENCE_SECONDS = 0.1
QUIET_AFTER_SECONDS = 1.0
QUIET_PATIENCE_SECONDS = 0.25  # asking costs the embedded broker as much as bringing
OWED_SECONDS = 1.0  # how soon an owner is asked again that must be, and did not answer


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what is done. Tests go faster."""

    compare_seconds: float = 20.0
    look_seconds: float = 3.0  # how long nothing may come before the broker is looked at
    watchdog_seconds: float = 30.0  # how long a call to the broker may take
    longest_pause_seconds: float = 5.0


def how_patient(age_seconds: float, *, silent_seconds: float) -> float:
    """For how long news may stay unnoticed: half as long as the last event took from its commit to its effect.

    What comes within milliseconds is waited for eagerly. In a system under load everything is late already, and asking
    for more a hundred times a second would take a sixth of its processors. The same when nothing comes at all. (Half,
    because the wait is part of what the next one takes: it must not feed on itself.)
    """
    if silent_seconds > QUIET_AFTER_SECONDS:
        return QUIET_PATIENCE_SECONDS
    return min(max(age_seconds / 2, LEAST_PATIENCE_SECONDS), MOST_PATIENCE_SECONDS)


class ConsumerLoop:
    """One per service process: one consumer of all topics the service subscribes to."""

    def __init__(self, broker: Broker, group: str, inbox: Inbox, *, pace: Pace | None = None) -> None:
        self.broker = broker
        self.group = group
        self.inbox = inbox
        self.topics = sorted(inbox.subscriptions.topics)
        self.pace = pace or Pace()
        self.consumer: Consumer | None = None
        self.foreign = 0  # messages without our envelope; they are no part of any stream
        self.rebuilt = 0
        self.last_age_seconds = 0.0
        self.alive_at = 0.0
        self.pulling: set[StreamKey] = set()  # those that wait for it too: after a restore there are many
        self._to_pull: deque[StreamKey] = deque()
        self._pullers: set[asyncio.Task[None]] = set()
        self._waiting: dict[str, int] = {}
        self._suspects = Suspects(inbox)
        self._owed: set[str] = set()  # topics whose streams are pulled at once at the next look: the broker is new
        self._epochs: dict[str, UUID] = {}
        self._compared: dict[str, datetime] = {}  # when all heads of a topic were last looked at

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; whatever breaks is thrown away and made anew after a pause."""
        comparing = asyncio.create_task(self._compare_again_and_again(stop))
        pause = 0.1
        try:
            while not stop.is_set():
                self.alive_at = asyncio.get_running_loop().time()  # a broker that is away does not make it hang
                try:
                    await self._consume(stop)
                    pause = 0.1
                except Exception as error:
                    self.rebuilt += 1
                    log.warning("consumer_starts_again", error=repr(error)[:200], pause=pause)
                    await pause_or_stop(stop, pause)
                    pause = min(pause * 2, self.pace.longest_pause_seconds)
        finally:
            await _end([comparing], patience=0)
            self.pulling.difference_update(self._to_pull)  # who runs again finds them behind, and not begun
            self._to_pull.clear()
            await _end(list(self._pullers), patience=2)

    async def _consume(self, stop: asyncio.Event) -> None:
        consumer = await self.broker.consumer(self.group, self.topics)
        self.consumer = consumer
        try:
            await self._notice_another_broker(consumer)
            loop = asyncio.get_running_loop()
            heard_at = looked_at = loop.time()
            while not stop.is_set():
                self.alive_at = loop.time()
                patience = how_patient(self.last_age_seconds, silent_seconds=self.alive_at - heard_at)
                messages = await asyncio.wait_for(consumer.poll(BATCH, patience), self.pace.watchdog_seconds)
                if messages:
                    await self._take(consumer, messages, stop)
                    heard_at = looked_at = loop.time()
                elif loop.time() - looked_at > self.pace.look_seconds:
                    await asyncio.wait_for(self._look_at(consumer), self.pace.watchdog_seconds)
                    looked_at = loop.time()
        finally:
            self.consumer = None
            await consumer.stop()

    async def _take(self, consumer: Consumer, messages: Sequence[Message], stop: asyncio.Event) -> None:
        arrivals = self._read(messages)
        pause = 0.05
        while True:
            try:
                outcome = await self.inbox.apply(arrivals)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("batch_waits", error=type(error).__name__, pause=pause)
                if await pause_or_stop(stop, pause):
                    return
                pause = min(pause * 2, self.pace.longest_pause_seconds)
        faults.point("consumer.after_commit")
        await consumer.commit(messages)
        faults.point("consumer.after_offsets")
        if arrivals:
            self.last_age_seconds = (datetime.now(UTC) - arrivals[-1].recorded_at).total_seconds()
        for topic, key in outcome.gaps:
            self.pull_soon(topic, key)
        for stream in self._of_another_life(arrivals):
            self.pull_soon(*stream)

    def _of_another_life(self, arrivals: Sequence[Arrival]) -> list[StreamKey]:
        """Streams read in another epoch than their owner is known to be in: a pull steps into it, and lists what it no
        longer knows (K16). An epoch is read once and is one object, so a batch is looked through by what tells it."""
        one_of_each = {id(arrival.epoch): arrival for arrival in arrivals}
        odd = {n for n, one in one_of_each.items() if self._epochs.get(one.topic, one.epoch) != one.epoch}
        return [arrival.stream for arrival in arrivals if id(arrival.epoch) in odd] if odd else []

    def _read(self, messages: Sequence[Message]) -> list[Arrival]:
        """Messages as arrivals. One that is not ours says so in the log and goes by: the owner's log is the truth."""
        arrivals = []
        for message in messages:
            try:
                arrivals.append(read_message(message))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                self.foreign += 1
                log.error("not_an_event", topic=message.topic, partition=message.partition, offset=message.offset,
                          error=type(error).__name__)  # fmt: skip
        return arrivals

    def pull_soon(self, topic: str, key: str) -> None:
        """Pull in the background, once per stream at a time. If it fails, comparing heads comes back to it."""
        stream = (topic, key)
        if stream in self.pulling:
            return
        self.pulling.add(stream)
        self._to_pull.append(stream)
        if len(self._pullers) < PULLS_AT_ONCE:
            puller = asyncio.create_task(self._pull_what_waits())
            self._pullers.add(puller)
            puller.add_done_callback(self._pullers.discard)

    async def until_pulled(self) -> None:
        """Nothing waits to be pulled any more."""
        while self._pullers:
            await asyncio.wait(set(self._pullers))

    async def _pull_what_waits(self) -> None:
        while self._to_pull:
            stream = self._to_pull.popleft()
            try:
                await self._pull(*stream)
            finally:
                self.pulling.discard(stream)

    async def _pull(self, topic: str, key: str) -> None:
        try:
            applied = await self.inbox.pull(topic, key)
            if applied:
                log.info("pulled", topic=topic, key=key, applied=applied)
        except Exception as error:
            self.inbox.unfinished.add((topic, key))
            log.warning("pull_later", topic=topic, key=key, error=type(error).__name__)

    async def _notice_another_broker(self, consumer: Consumer) -> None:
        """Another cluster id: offsets mean nothing there, and what the old one had not delivered is gone."""
        cluster = await consumer.cluster_id()
        known = await self._known_cluster()
        if cluster == known:
            return
        if known is not None:
            log.warning("another_broker", was=known, now=cluster)
            await consumer.seek_to_beginning()
            await self.compare(at_once=True)
        await self.inbox.database.run(
            lambda tx: tx.raw.execute(
                """insert into broker_seen (one_row, cluster_id) values (1, $1)
                   on conflict (one_row) do update set cluster_id = excluded.cluster_id""",
                cluster,
            )
        )

    async def _look_at(self, consumer: Consumer) -> None:
        """Nothing came for a while. Fine if nothing is there; otherwise this consumer is dead and does not know it."""
        if await consumer.cluster_id() != await self._known_cluster():
            raise RuntimeError("the broker is another one")
        waiting = await consumer.lag()
        if any(waiting.values()) and waiting == self._waiting:
            raise RuntimeError(f"no progress with messages waiting: {waiting}")
        self._waiting = waiting

    async def _known_cluster(self) -> str | None:
        known: str | None = await self.inbox.database.run(
            lambda tx: tx.raw.fetchval("select cluster_id from broker_seen")
        )
        return known

    async def _compare_again_and_again(self, stop: asyncio.Event) -> None:
        """All heads at start, then those changed lately: the one way a lost last event is ever noticed (K15)."""
        while not stop.is_set():
            try:
                await self.release_known_types()
                await self.compare()
            except Exception as error:
                log.warning("compare_later", error=type(error).__name__)
            await self._until_the_next_comparison(stop)

    async def _until_the_next_comparison(self, stop: asyncio.Event) -> None:
        """Soon, while an owner that has to be asked has not answered: later there is traffic, and much to pull."""
        loop = asyncio.get_running_loop()
        ends, soon = loop.time() + self.pace.compare_seconds, min(OWED_SECONDS, self.pace.compare_seconds)
        while not stop.is_set() and loop.time() < ends:
            await pause_or_stop(stop, soon)
            if self._owed:
                return

    async def compare(self, *, at_once: bool = False) -> None:
        """Pull what is behind its owner's head: at once, or when it is no further after what the broker held was read.

        An owner that does not answer is asked again from where it last did; the others do not wait for it.
        """
        if at_once:
            self._owed.update(self.topics)
        again = set(self.inbox.unfinished)
        behind: dict[StreamKey, Behind] = {}
        for topic in self.topics:
            began = datetime.now(UTC)
            owed = topic in self._owed
            try:
                await self._step_into_new_epoch(topic)
                since = None if owed else self._compared.get(topic)
                async for key, one in behind_the_heads(self.inbox, topic, since):
                    behind[topic, key] = one
                    if owed:
                        again.add((topic, key))
                self._compared[topic] = began
                if owed:  # who was not asked for everything has paid nothing
                    self._owed.discard(topic)
            except Exception as error:
                log.warning("compare_later", topic=topic, error=type(error).__name__)
        again.update(await self._suspects.lost(self.consumer))
        self.inbox.unfinished -= again  # only now: what failed on the way here left them to the next look
        for stream in again:
            self.pull_soon(*stream)
        await self._suspects.note(self.consumer, behind)

    async def _step_into_new_epoch(self, topic: str) -> None:
        """An owner restored from a backup: every stream of ours asks where its new epoch begins (K16)."""
        epoch, streams = await streams_of_other_epochs(self.inbox, topic, self._epochs.get(topic))
        for key in streams:
            self.pull_soon(topic, key)
        self._epochs[topic] = epoch

    async def release_known_types(self) -> None:
        """Keys that waited for a release that knows their event's type are tried now that it may be this one."""
        waiting = await self.inbox.database.run(
            lambda tx: tx.raw.fetch(
                """select parked_id from parked where ended_at is null and reason = 'unknown_type'
                   and type = any($1)""",
                list(CATALOGUE),
            )
        )
        for row in waiting:
            await self.inbox.retry(row["parked_id"], "release")


async def _end(tasks: "Sequence[asyncio.Task[Any]]", *, patience: float) -> None:
    """Let tasks finish for a while, then cancel what still runs, also when the waiting itself is cut short."""
    try:
        if tasks and patience:
            await asyncio.wait(tasks, timeout=patience)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
