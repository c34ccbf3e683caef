"""Kafka as the backbone's broker. With `kafka_admin` the only file that imports aiokafka.

Two manners: `groups` (Apache Kafka and its kin: consumer groups share the partitions, the producer is idempotent) and
`embedded` (the one-process broker: every partition assigned statically, because a group rejoin takes it 12-18 s).
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from zlib import crc32

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.broker import kafka_admin
from shared.messaging.broker.interface import BrokerAway, Message, Offsets, SendFailed, lane_of
from shared.messaging.broker.kafka_access import KafkaAccess
from shared.messaging.broker.kafka_log import condense_client_log

log = structlog.get_logger(__name__)

START_SECONDS = 45.0
REQUEST_SECONDS = 5.0
STOP_SECONDS = 5.0  # aiokafka's stop() can hang on a broker that went away
SEND_SECONDS = 15.0
POLL_SECONDS = 0.2  # how long a poll waits for something at most
OFFSET_COMMIT_SECONDS = 0.5  # how often offsets are committed while messages keep coming
Acknowledgement = asyncio.Future[Any]  # of one batch
BATCH_BYTES = 900_000  # below the broker's usual message.max.bytes of 1 MB


class KafkaBroker:
    """A cluster: where its brokers are, how they let us in, and which topics there have to be.

    `mode` is `groups` or `embedded`; `partitions` and `replicas` are those of topics that are made here.
    """

    def __init__(
        self,
        servers: str,
        *,
        mode: str = "embedded",
        topics: Collection[str] = (),
        partitions: int = 4,
        replicas: int = 1,
        access: KafkaAccess | None = None,
    ) -> None:
        condense_client_log()
        self.options = {"bootstrap_servers": servers} | (access or KafkaAccess()).options()
        self.embedded = mode == "embedded"
        self.topics = sorted(topics)
        self.partitions = partitions
        self.replicas = replicas

    async def ensure_topics(self) -> None:
        """Create the topics that are missing, as far as we may (every service tries; the first wins)."""
        await kafka_admin.ensure_topics(self.options, self.topics, self.partitions, self.replicas)

    async def producer(self) -> "KafkaProducer":
        with _broker_away():
            return await self._make_producer()

    async def _make_producer(self) -> "KafkaProducer":
        await self.ensure_topics()
        client = AIOKafkaProducer(
            **self.options,
            acks="all",
            enable_idempotence=not self.embedded,
            max_batch_size=BATCH_BYTES,
            max_request_size=1_048_576,
            request_timeout_ms=10_000,
            metadata_max_age_ms=30_000,
        )
        try:
            await asyncio.wait_for(client.start(), START_SECONDS)
        except BaseException:
            await _stop(client.stop())
            raise
        return KafkaProducer(client)

    async def consumer(self, group: str, topics: Collection[str]) -> "KafkaConsumer":
        with _broker_away():
            return await self._make_consumer(group, topics)

    async def _make_consumer(self, group: str, topics: Collection[str]) -> "KafkaConsumer":
        await self.ensure_topics()
        client = AIOKafkaConsumer(
            **self.options,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4_194_304,
            metadata_max_age_ms=30_000,
            session_timeout_ms=10_000 if self.embedded else 15_000,
            max_poll_interval_ms=300_000,
        )
        consumer = KafkaConsumer(client, self.options, embedded=self.embedded)
        try:
            if not self.embedded:
                client.subscribe(sorted(topics), listener=consumer)
            await asyncio.wait_for(client.start(), START_SECONDS)
            if self.embedded:
                client.assign(await kafka_admin.all_partitions(client, topics, START_SECONDS))
        except BaseException:
            await _stop(client.stop())
            raise
        return consumer


@contextmanager
def _broker_away() -> Iterator[None]:
    """aiokafka's errors in the broker's words."""
    try:
        yield
    except KafkaError as error:
        raise BrokerAway(type(error).__name__) from error


class KafkaProducer:
    """Puts each message into the partition that the crc32 of its key says, and waits for all acknowledgements."""

    def __init__(self, client: AIOKafkaProducer) -> None:
        self.client = client
        self._partitions: dict[str, int] = {}

    async def send(self, messages: Sequence[Message]) -> None:
        """One batch a partition, so order per key holds; everything acknowledged or SendFailed."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                acknowledgements: list[Acknowledgement] = []
                for (topic, partition), group in (await self._by_partition(messages)).items():
                    await self._send_batches(topic, partition, group, acknowledgements)
                for acknowledgement in acknowledgements:
                    await acknowledgement
        except (KafkaError, TimeoutError, OSError) as error:
            raise SendFailed(repr(error)) from error

    async def _by_partition(self, messages: Sequence[Message]) -> dict[tuple[str, int], list[Message]]:
        groups: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            if message.topic not in self._partitions:
                self._partitions[message.topic] = len(await self.client.partitions_for(message.topic))
            partition = crc32(message.key or b"") % self._partitions[message.topic]
            groups.setdefault((message.topic, partition), []).append(message)
        return groups

    async def _send_batches(
        self, topic: str, partition: int, messages: Sequence[Message], acknowledgements: list[Acknowledgement]
    ) -> None:
        batch = self.client.create_batch()
        for message in messages:
            headers = message.headers if isinstance(message.headers, list) else list(message.headers)
            if batch.append(timestamp=None, key=message.key, value=message.value, headers=headers) is None:
                acknowledgements.append(await self._send_batch(batch, topic, partition))  # full: begin the next
                batch = self.client.create_batch()
                if batch.append(timestamp=None, key=message.key, value=message.value, headers=headers) is None:
                    raise SendFailed(f"a message of {len(message.value)} bytes does not fit a batch")
        acknowledgements.append(await self._send_batch(batch, topic, partition))

    async def _send_batch(self, batch: Any, topic: str, partition: int) -> Acknowledgement:
        acknowledgement: Acknowledgement = await self.client.send_batch(batch, topic, partition=partition)
        acknowledgement.add_done_callback(_look_at)
        return acknowledgement

    async def stop(self) -> None:
        await _stop(self.client.stop())


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the partitions that its group gives it, or all of them in the embedded mode."""

    def __init__(self, client: AIOKafkaConsumer, options: Mapping[str, Any], *, embedded: bool) -> None:
        self.client = client
        self.options = options  # where the brokers are, and how they let us in
        self.embedded = embedded
        self._uncommitted: dict[TopicPartition, int] = {}  # offsets that the broker does not have yet
        self._committed_at = 0.0
        self._in_hand: set[int] = set()  # lanes that were given messages and have not come back
        self._idle = asyncio.Event()  # no lane has
        self._idle.set()
        self._is_draining = False  # nobody is given more, until the group has shared the partitions anew
        self._waits: dict[int, float] = {}  # for how long news may stay unnoticed, by lane

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """A rebalance drains: partitions are given up when all batches in hand and their offsets are committed."""
        self._is_draining = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), 20)
        await self._commit_offsets()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._is_draining = False
        log.info("partitions_assigned", partitions=len(assigned))

    async def poll(self, lane: int, max_messages: int, timeout_seconds: float) -> list[Message]:
        self._has_come_back(lane)
        if self.embedded:
            self._waits[lane] = timeout_seconds
            self._set_fetch_wait(min(self._waits.values()))
        partitions = self._partitions_of(lane)
        if self._is_draining or not partitions:  # asking for none would be asking for all
            await asyncio.sleep(POLL_SECONDS)
            return []
        fetched = await self.client.getmany(
            *partitions, timeout_ms=round(1000 * POLL_SECONDS), max_records=max_messages
        )
        messages = [
            Message(r.topic, r.key, r.value or b"", r.headers, r.partition, r.offset)
            for records in fetched.values()
            for r in records
        ]
        if messages:
            self._in_hand.add(lane)
            self._idle.clear()
        else:
            await self._commit_offsets()
        return messages

    def _partitions_of(self, lane: int | None) -> list[TopicPartition]:
        """Those of a lane, or all, of what is assigned now: a rebalance may have changed it since the last poll."""
        return [p for p in self.client.assignment() if lane is None or lane_of(p.partition) == lane]

    def _has_come_back(self, lane: int) -> None:
        self._in_hand.discard(lane)
        if not self._in_hand:
            self._idle.set()

    def _set_fetch_wait(self, seconds: float) -> None:
        """How long the broker may let a fetch wait. The embedded one does not answer a waiting fetch when something
        comes: it sleeps a part of that time and looks again. So that time is how long news stays unnoticed (of 100 ms,
        35 at the median)."""
        fetcher = getattr(self.client, "_fetcher", None)  # aiokafka has no public way; without it, nothing is lost
        if fetcher is not None:
            fetcher._fetch_max_wait_ms = max(1, round(1000 * seconds))

    async def commit(self, messages: Sequence[Message]) -> None:
        """Noted at once, committed at the broker now and then: what a crash lets come again, the inbox has seen."""
        for message in messages:
            partition = TopicPartition(message.topic, message.partition)
            self._uncommitted[partition] = max(self._uncommitted.get(partition, 0), message.offset + 1)
        if asyncio.get_running_loop().time() - self._committed_at > OFFSET_COMMIT_SECONDS:
            await self._commit_offsets()
        self._has_come_back(lane_of(messages[0].partition))

    async def _commit_offsets(self) -> None:
        assigned = self.client.assignment()
        offsets = {partition: offset for partition, offset in self._uncommitted.items() if partition in assigned}
        self._uncommitted = {}
        self._committed_at = asyncio.get_running_loop().time()
        if not offsets:
            return
        try:  # a group's coordinator that is away would be asked for ever, and the partitions are fine
            await asyncio.wait_for(self.client.commit(offsets), REQUEST_SECONDS)
        except (KafkaError, TimeoutError) as error:  # read again after a rebalance: the inbox has seen it
            log.info("offsets_not_committed", error=type(error).__name__)

    async def seek_to_beginning(self) -> None:
        """And commit it: a group's offsets from before would be beyond the end of what is there now."""
        assigned = self.client.assignment()
        if assigned:
            await self.client.seek_to_beginning(*assigned)
            self._uncommitted = {partition: await self._position(partition) for partition in assigned}
            await self._commit_offsets()

    async def cluster_id(self) -> str:
        return await asyncio.wait_for(kafka_admin.cluster_id(self.options), 2 * REQUEST_SECONDS)

    async def lag(self, lane: int | None = None) -> dict[str, int]:
        lag: dict[str, int] = {}
        for (topic, partition), end in (await self._ends(self._partitions_of(lane))).items():
            lag[topic] = lag.get(topic, 0) + max(0, end - await self._position(TopicPartition(topic, partition)))
        return lag

    async def ends(self) -> Offsets:
        return await self._ends(self._partitions_of(None))

    async def _ends(self, partitions: list[TopicPartition]) -> Offsets:
        ends = await asyncio.wait_for(self.client.end_offsets(partitions), REQUEST_SECONDS) if partitions else {}
        return {(partition.topic, partition.partition): end for partition, end in ends.items()}

    async def has_read(self, ends: Offsets) -> bool:
        assigned = [partition for partition in self.client.assignment() if partition in ends]
        return all([await self._position(p) >= ends[p.topic, p.partition] for p in assigned])

    async def _position(self, partition: TopicPartition) -> int:
        position: int = await asyncio.wait_for(self.client.position(partition), REQUEST_SECONDS)
        return position

    async def stop(self) -> None:
        self._in_hand.clear()
        self._idle.set()
        await _stop(self._commit_offsets())
        await _stop(self.client.stop())


def _look_at(acknowledgement: Acknowledgement) -> None:
    """Of a batch the first error counts; the others are looked at, or the event loop would complain of each."""
    if not acknowledgement.cancelled():
        acknowledgement.exception()


async def _stop(stopping: Any) -> None:
    with suppress(Exception):
        await asyncio.wait_for(stopping, STOP_SECONDS)
