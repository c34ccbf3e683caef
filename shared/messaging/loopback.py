"""A broker in memory, for journeys of all services in one process. It keeps Kafka's promises and no more than those.

Tests can make it lose, double and reorder, or forget everything, through `mangle` and `forget_everything`.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import uuid4
from zlib import crc32

from shared.messaging.broker import Ends, Message

PARTITIONS = 4


class LoopbackBroker:
    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], list[Message]] = {}
        self.committed: dict[tuple[str, str, int], int] = {}
        self.arrived = asyncio.Condition()
        self.id = str(uuid4())
        self.mangle: Callable[[Sequence[Message]], Sequence[Message]] = lambda messages: messages

    async def producer(self) -> "LoopbackProducer":
        return LoopbackProducer(self)

    async def consumer(self, group: str, topics: Collection[str]) -> "LoopbackConsumer":
        return LoopbackConsumer(self, group, topics)

    def append(self, message: Message) -> None:
        partition = crc32(message.key or b"") % PARTITIONS
        log = self.logs.setdefault((message.topic, partition), [])
        log.append(replace(message, partition=partition, offset=len(log)))

    def forget_everything(self) -> None:
        """As a memory-only broker after a restart: no messages, no offsets, another cluster id."""
        self.logs.clear()
        self.committed.clear()
        self.id = str(uuid4())


class LoopbackProducer:
    def __init__(self, broker: LoopbackBroker) -> None:
        self.broker = broker

    async def send(self, messages: Sequence[Message]) -> None:
        for message in self.broker.mangle(messages):
            self.broker.append(message)
        async with self.broker.arrived:
            self.broker.arrived.notify_all()

    async def stop(self) -> None:
        pass


class LoopbackConsumer:
    def __init__(self, broker: LoopbackBroker, group: str, topics: Collection[str]) -> None:
        self.broker, self.group, self.topics = broker, group, sorted(topics)
        self.at: dict[tuple[str, int], int] = {}
        self.born_with = broker.id
        for topic in self.topics:
            for partition in range(PARTITIONS):
                self.at[topic, partition] = broker.committed.get((group, topic, partition), 0)

    async def poll(self, at_most: int, patience: float) -> list[Message]:
        found = self._read(at_most)
        if not found:
            async with self.broker.arrived:
                try:
                    await asyncio.wait_for(self.broker.arrived.wait(), 0.02)
                except TimeoutError:
                    return []
            found = self._read(at_most)
        return found

    def _read(self, at_most: int) -> list[Message]:
        found: list[Message] = []
        for (topic, partition), position in self.at.items():
            log = self.broker.logs.get((topic, partition), [])
            if position > len(log):  # the broker forgot: a real client is reset to the earliest
                position = 0
            batch = log[position : position + at_most - len(found)]
            self.at[topic, partition] = position + len(batch)
            found += batch
        return found

    async def commit(self, messages: Sequence[Message]) -> None:
        for message in messages:
            key = (self.group, message.topic, message.partition)
            self.broker.committed[key] = max(self.broker.committed.get(key, 0), message.offset + 1)

    async def seek_to_beginning(self) -> None:
        self.at = dict.fromkeys(self.at, 0)

    async def cluster_id(self) -> str:
        return self.broker.id

    async def lag(self) -> dict[str, int]:
        lag = dict.fromkeys(self.topics, 0)
        for (topic, partition), position in self.at.items():
            lag[topic] += max(0, len(self.broker.logs.get((topic, partition), [])) - position)
        return lag

    async def ends(self) -> Ends:
        return {place: len(self.broker.logs.get(place, [])) for place in self.at}

    async def has_read(self, ends: Ends) -> bool:
        return all(self.at[place] >= end for place, end in ends.items())

    async def stop(self) -> None:
        pass
