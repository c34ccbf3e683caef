"""A broker in memory, for tests of all services in one process. It keeps Kafka's promises and no more than those.

Tests can make it lose, double and reorder, or forget everything, through `mangle` and `forget_everything`.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from uuid import uuid4
from zlib import crc32

from shared.messaging.broker.interface import Message, Offsets, lane_of

PARTITIONS = 4


class LoopbackBroker:
    """Logs and committed offsets in dictionaries. `mangle` gets each batch that is sent and returns what to keep."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], list[Message]] = {}
        self.committed: dict[tuple[str, str, int], int] = {}
        self.arrived = asyncio.Event()  # set, and replaced, at each send
        self.id = str(uuid4())
        self.mangle: Callable[[Sequence[Message]], Sequence[Message]] = lambda messages: messages

    async def producer(self) -> "LoopbackProducer":
        return LoopbackProducer(self)

    async def consumer(self, group: str, topics: Collection[str]) -> "LoopbackConsumer":
        return LoopbackConsumer(self, group, topics)

    def append(self, message: Message) -> None:
        partition = crc32(message.key or b"") % PARTITIONS
        log = self.logs.setdefault((message.topic, partition), [])
        log.append(message._replace(partition=partition, offset=len(log)))

    def forget_everything(self) -> None:
        """As a memory-only broker after a restart: no messages, no offsets, another cluster id."""
        self.logs.clear()
        self.committed.clear()
        self.id = str(uuid4())


class LoopbackProducer:
    """Appends at once; never fails."""

    def __init__(self, broker: LoopbackBroker) -> None:
        self.broker = broker

    async def send(self, messages: Sequence[Message]) -> None:
        for message in self.broker.mangle(messages):
            self.broker.append(message)
        arrived, self.broker.arrived = self.broker.arrived, asyncio.Event()
        arrived.set()

    async def stop(self) -> None:
        pass


class LoopbackConsumer:
    """Reads all partitions of its topics from its group's offsets on, whatever other consumers the group has."""

    def __init__(self, broker: LoopbackBroker, group: str, topics: Collection[str]) -> None:
        self.broker, self.group, self.topics = broker, group, sorted(topics)
        self.positions: dict[tuple[str, int], int] = {}
        self.born_with = broker.id
        for topic in self.topics:
            for partition in range(PARTITIONS):
                self.positions[topic, partition] = broker.committed.get((group, topic, partition), 0)

    async def poll(self, lane: int, max_messages: int, timeout_seconds: float) -> list[Message]:
        messages = self._read(lane, max_messages)
        if not messages:
            # no Condition: one that is cancelled while it takes its lock again can be neither ended nor released
            try:
                await asyncio.wait_for(self.broker.arrived.wait(), 0.02)
            except TimeoutError:
                return []
            messages = self._read(lane, max_messages)
        return messages

    def _read(self, lane: int, max_messages: int) -> list[Message]:
        messages: list[Message] = []
        for (topic, partition), position in self.positions.items():
            if lane_of(partition) != lane:
                continue
            log = self.broker.logs.get((topic, partition), [])
            if position > len(log):  # the broker forgot: a real client is reset to the earliest
                position = 0
            batch = log[position : position + max_messages - len(messages)]
            self.positions[topic, partition] = position + len(batch)
            messages += batch
        return messages

    async def commit(self, messages: Sequence[Message]) -> None:
        for message in messages:
            key = (self.group, message.topic, message.partition)
            self.broker.committed[key] = max(self.broker.committed.get(key, 0), message.offset + 1)

    async def seek_to_beginning(self) -> None:
        self.positions = dict.fromkeys(self.positions, 0)

    async def cluster_id(self) -> str:
        return self.broker.id

    async def lag(self, lane: int | None = None) -> dict[str, int]:
        lag = dict.fromkeys(self.topics, 0)
        for (topic, partition), position in self.positions.items():
            if lane is None or lane_of(partition) == lane:
                lag[topic] += max(0, len(self.broker.logs.get((topic, partition), [])) - position)
        return lag

    async def ends(self) -> Offsets:
        return {partition: len(self.broker.logs.get(partition, [])) for partition in self.positions}

    async def has_read(self, ends: Offsets) -> bool:
        return all(self.positions[partition] >= end for partition, end in ends.items())

    async def stop(self) -> None:
        pass
