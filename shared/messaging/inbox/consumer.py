"""The consumer: polls the broker, applies through the inbox, commits offsets after the database; and misses nothing.

It does so in lanes, each with its own partitions and its own transactions: one computes while another waits for the
database, and none waits for another. What the broker loses is found by a gap in the numbers or by reconciling the
positions with the owners' heads, and pulled from the owner's log. A consumer that makes no progress is thrown away and
made anew.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog

from shared.events import CATALOGUE
from shared.messaging import faults
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.broker.interface import LANES, Broker, Consumer, Message
from shared.messaging.database.failures import is_transient
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.pull_queue import PullQueue, finish_or_cancel
from shared.messaging.inbox.received import ReceivedEvent, StreamKey, read_message
from shared.messaging.inbox.reconciliation import (
    Lag,
    LagDetector,
    lagging_streams,
    read_owners_life,
    streams_of_other_epochs,
)
from shared.messaging.inbox.timing import ConsumerTiming, poll_timeout
from shared.messaging.inbox.unverified import UnverifiedMessages
from shared.messaging.outbox.event_log import HEAD_OVERLAP
from shared.messaging.pulse import JointPulse, Pulse
from shared.messaging.seal import NotAuthentic, ReadKeyRing

log = structlog.get_logger(__name__)

BATCH_SIZE = 500
FULL_RECONCILE_SECONDS = 1.0  # how soon an owner is asked again for all its heads when it did not answer
SET_BACK = HEAD_OVERLAP / 2  # an owner's clock that went back so far has hidden changes: all heads are asked for


class ConsumerLoop:
    """One per service process: one consumer of all topics the service subscribes to.

    `foreign_messages` counts messages that are sealed and yet no event of ours, `restarts` how often the consumer was
    made anew; `last_age_seconds` is what the last event took from its commit to its effect here; `pulse` says when the
    slowest of its lanes last came by, and since when it has no broker.
    """

    def __init__(
        self, broker: Broker, group: str, inbox: Inbox, key_ring: ReadKeyRing, *, timing: ConsumerTiming | None = None
    ) -> None:
        self.broker = broker
        self.group = group
        self.inbox = inbox
        self.key_ring = key_ring
        self.unverified = UnverifiedMessages(inbox.database)
        self.topics = sorted(inbox.subscriptions.topics)
        self.timing = timing or ConsumerTiming()
        self.consumer: Consumer | None = None
        self.foreign_messages = 0  # they are no part of any stream
        self.restarts = 0
        self.last_age_seconds = 0.0
        self.pulses = [Pulse() for _ in range(LANES)]
        self.pulse = JointPulse(self.pulses)
        self.pulls = PullQueue(inbox)
        self._lag_before: list[dict[str, int]] = [{} for _ in range(LANES)]
        self._lag_detector = LagDetector(inbox)
        self._full_due: set[str] = set()  # topics of which all that lags is pulled at once: the broker is new
        self._epochs: dict[str, UUID] = {}
        self._reconciled: dict[str, datetime] = {}  # when the heads of a topic were last read, by their owner's clock
        self._reconciling = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; whatever breaks is thrown away and made anew after a pause."""
        reconciling = asyncio.create_task(self._reconcile_periodically(stop))
        pause = 0.1
        try:
            while not stop.is_set():
                self.pulse.beat()  # a broker that is away does not make it hang
                try:
                    await self._consume(stop)
                    pause = 0.1
                except Exception as error:
                    self.restarts += 1
                    self.pulse.fails(type(error).__name__)
                    log.warning("consumer_starts_again", error=repr(error)[:200], pause=pause)
                    await sleep_or_stop(stop, pause)
                    pause = min(pause * 2, self.timing.max_pause_seconds)
        finally:
            await finish_or_cancel([reconciling], grace_seconds=0)
            await self.pulls.stop(grace_seconds=2)

    async def _consume(self, stop: asyncio.Event) -> None:
        consumer = await self.broker.consumer(self.group, self.topics)
        self.consumer = consumer
        try:
            await self._detect_new_broker(consumer)
            lanes = [asyncio.create_task(self._run_lane(consumer, lane, stop)) for lane in range(LANES)]
            try:
                await asyncio.gather(*lanes)
            finally:  # where one breaks, the others end with it: the consumer is made anew for all
                await finish_or_cancel(lanes, grace_seconds=0)
        finally:
            self.consumer = None
            await consumer.stop()

    async def _run_lane(self, consumer: Consumer, lane: int, stop: asyncio.Event) -> None:
        """Read, apply and commit one lane's partitions, batch by batch, until told to stop or something breaks."""
        loop, pulse = asyncio.get_running_loop(), self.pulses[lane]
        received_at = checked_at = loop.time()
        while not stop.is_set():
            pulse.works()
            timeout = poll_timeout(self.last_age_seconds, silent_seconds=pulse.alive_at - received_at)
            messages = await asyncio.wait_for(consumer.poll(lane, BATCH_SIZE, timeout), self.timing.watchdog_seconds)
            if messages:
                await self._apply(consumer, messages, pulse, stop)
                received_at = checked_at = loop.time()
            elif loop.time() - checked_at > self.timing.idle_check_seconds:
                await asyncio.wait_for(self._check_progress(consumer, lane), self.timing.watchdog_seconds)
                checked_at = loop.time()

    async def _apply(self, consumer: Consumer, messages: Sequence[Message], pulse: Pulse, stop: asyncio.Event) -> None:
        received = self._read(messages)
        pause = 0.05
        while True:
            try:
                outcome = await self.inbox.apply(received, pulse)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                pulse.fails(type(error).__name__)
                log.warning("batch_waits", error=type(error).__name__, pause=pause)
                if await sleep_or_stop(stop, pause):
                    return
                pause = min(pause * 2, self.timing.max_pause_seconds)
        faults.point("consumer.after_commit")
        await self.unverified.keep()
        await consumer.commit(messages)
        faults.point("consumer.after_offsets")
        if received:
            self.last_age_seconds = (datetime.now(UTC) - received[-1].recorded_at).total_seconds()
        for stream in outcome.gaps:
            self.pulls.add(stream)
        for stream in self._streams_of_other_epochs(received):
            self.pulls.add(stream)

    def _streams_of_other_epochs(self, received: Sequence[ReceivedEvent]) -> list[StreamKey]:
        """Streams read in another epoch than their owner is known to be in: a pull steps into it, and lists what it no
        longer knows (K16). An epoch is parsed once and is one object, so a batch is searched by identity."""
        by_identity = {id(event.epoch): event for event in received}
        other = {i for i, event in by_identity.items() if self._epochs.get(event.topic, event.epoch) != event.epoch}
        return [event.stream for event in received if id(event.epoch) in other] if other else []

    def _read(self, messages: Sequence[Message]) -> list[ReceivedEvent]:
        """The events of messages whose seal verifies; other messages go by: the owner's log is the truth."""
        received, ring = [], self.key_ring()
        for message in messages:
            try:
                received.append(read_message(message, ring))
            except NotAuthentic as error:
                self.unverified.add(message, error.fault)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                self.foreign_messages += 1
                log.error("not_an_event", topic=message.topic, partition=message.partition, offset=message.offset,
                          error=type(error).__name__)  # fmt: skip
        return received

    async def until_pulled(self) -> None:
        """Return when nothing is pulled nor waits for it."""
        await self.pulls.until_empty()

    async def _detect_new_broker(self, consumer: Consumer) -> None:
        """Another cluster id: offsets mean nothing there, and what the old one had not delivered is gone."""
        cluster = await consumer.cluster_id()
        known = await self._known_cluster()
        if cluster == known:
            return
        if known is not None:
            log.warning("another_broker", was=known, now=cluster)
            await consumer.seek_to_beginning()
            await self.reconcile(in_full=True)
        await self.inbox.database.run(
            lambda tx: tx.raw.execute(
                """insert into broker_seen (one_row, cluster_id) values (1, $1)
                   on conflict (one_row) do update set cluster_id = excluded.cluster_id""",
                cluster,
            )
        )

    async def _check_progress(self, consumer: Consumer, lane: int) -> None:
        """Nothing came in a lane for a while. Fine if nothing is there; otherwise this consumer is dead and does not
        know it."""
        if await consumer.cluster_id() != await self._known_cluster():
            raise RuntimeError("the broker is another one")
        lag = await consumer.lag(lane)
        if any(lag.values()) and lag == self._lag_before[lane]:
            raise RuntimeError(f"no progress with messages waiting: {lag}")
        self._lag_before[lane] = lag

    async def _known_cluster(self) -> str | None:
        known: str | None = await self.inbox.database.run(
            lambda tx: tx.raw.fetchval("select cluster_id from broker_seen")
        )
        return known

    async def _reconcile_periodically(self, stop: asyncio.Event) -> None:
        """All heads at start, then those changed lately: the one way a lost last event is ever noticed (K15)."""
        while not stop.is_set():
            try:
                await self.release_known_types()
                await self.reconcile()
            except Exception as error:
                log.warning("reconcile_later", error=type(error).__name__)
            await self._until_next_reconciliation(stop)

    async def _until_next_reconciliation(self, stop: asyncio.Event) -> None:
        """Soon, while an owner that has to be asked has not answered: later there is traffic, and much to pull."""
        loop = asyncio.get_running_loop()
        interval = self.timing.reconcile_seconds
        ends, soon = loop.time() + interval, min(FULL_RECONCILE_SECONDS, interval)
        while not stop.is_set() and loop.time() < ends:
            await sleep_or_stop(stop, soon)
            if self._full_due:
                return

    async def reconcile(self, *, in_full: bool = False) -> None:
        """Compare positions with the owners' heads, and pull what has lost something.

        That is what lags behind its head and is no further after what the broker held was read; `in_full`, all that
        lags, at once. An owner that does not answer is asked again from where it last did; the others do not wait.
        One comparison is made at a time.
        """
        if in_full:
            self._full_due.update(self.topics)
        async with self._reconciling:
            await self._compare_with_heads()

    async def _compare_with_heads(self) -> None:
        to_pull = set(self.inbox.failed_pulls)
        lags: dict[StreamKey, Lag] = {}
        for topic in self.topics:
            full = topic in self._full_due
            try:
                as_of = await self._step_into_new_epoch(topic)
                since = self._reconciled.get(topic)
                if full or (since is not None and as_of < since - SET_BACK):
                    since = None
                async for key, lag in lagging_streams(self.inbox, topic, since):
                    lags[topic, key] = lag
                    if full:
                        to_pull.add((topic, key))
                self._reconciled[topic] = as_of
                if full:  # an owner that was asked for a part only stays due
                    self._full_due.discard(topic)
            except Exception as error:
                log.warning("reconcile_later", topic=topic, error=type(error).__name__)
        to_pull.update(await self._lag_detector.find_lost(self.consumer))
        self.inbox.failed_pulls -= to_pull  # only now: what failed on the way here left them to the next time
        for stream in to_pull:
            self.pulls.add(stream)
        await self._lag_detector.observe(self.consumer, lags)

    async def _step_into_new_epoch(self, topic: str) -> datetime:
        """An owner restored from a backup: every stream of another epoch is asked where its new one begins (K16), and
        its heads are all read again. Returns the owner's time."""
        owner = await read_owners_life(self.inbox, topic)
        if owner.epoch != self._epochs.get(topic):
            for key in await streams_of_other_epochs(self.inbox, topic, owner.epoch):
                self.pulls.add((topic, key))
            self._reconciled.pop(topic, None)
            self._epochs[topic] = owner.epoch
        return owner.as_of

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
