"""A consumer reads in lanes: each has its partitions and its transactions, and none waits for another."""

import asyncio
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import pytest
from aiokafka import TopicPartition

from shared.events import CustomerReferenceRegistered
from shared.messaging import Transaction
from shared.messaging.broker.interface import LANES, lane_of
from shared.messaging.broker.kafka import KafkaConsumer
from shared.messaging.broker.loopback import PARTITIONS
from tests.shared.messaging.world import Running, World, customer, seen, until

TOPIC = "patron.intake"


def lane_of_customer(n: int) -> int:
    return lane_of(crc32(str(customer(n)).encode()) % PARTITIONS)


def one_of_each_lane() -> list[int]:
    return [next(n for n in range(200) if lane_of_customer(n) == lane) for lane in range(LANES)]


async def test_a_lane_whose_batch_waits_holds_no_other_up(world: World) -> None:
    slow, prompt = one_of_each_lane()
    may_go = asyncio.Event()

    async def wait_for_leave(tx: Transaction, events: Sequence[CustomerReferenceRegistered]) -> None:
        if any(event.customer_id == customer(slow) for event in events):
            await may_go.wait()
        await world.when_customers_are_seen_note_them(tx, events)

    world.subscriptions.handlers[CustomerReferenceRegistered.type] = [wait_for_leave]
    async with Running(world):
        await world.write(seen(slow, "1"))
        for number in range(5):
            await world.write(seen(prompt, str(number)))

        async def prompt_is_through() -> bool:
            return await world.refs(prompt) == [str(number) for number in range(5)]

        await until(prompt_is_through, "the other lane went on")
        assert await world.refs(slow) == []
        may_go.set()

        async def waiting_is_through() -> bool:
            return await world.refs(slow) == ["1"]

        await until(waiting_is_through, "the waiting lane went on")


async def test_each_key_keeps_its_order_and_takes_effect_once_in_whichever_lane_it_is(world: World) -> None:
    async with Running(world, relays=2):
        for number in range(20):
            await world.write(*(seen(n, str(number)) for n in range(12)))

        async def applied() -> bool:
            return bool(await world.subscriber.run(lambda tx: tx.raw.fetchval("select count(*) from effect")) == 240)

        await until(applied, "all took effect")
    assert {lane_of_customer(n) for n in range(12)} == set(range(LANES))
    for n in range(12):
        assert await world.refs(n) == [str(number) for number in range(20)]


async def test_where_one_lane_breaks_the_consumer_is_made_anew_for_all(world: World) -> None:
    consumers: list[Any] = []
    made = world.broker.consumer

    async def breaking_once(group: str, topics: Sequence[str]) -> Any:
        consumer = await made(group, topics)
        if not consumers:
            poll = consumer.poll

            async def break_in_the_last_lane(lane: int, most: int, seconds: float) -> Any:
                if lane == LANES - 1:
                    raise ConnectionResetError
                return await poll(lane, most, seconds)

            consumer.poll = break_in_the_last_lane  # type: ignore[method-assign,assignment]
        consumers.append(consumer)
        return consumer

    world.broker.consumer = breaking_once  # type: ignore[method-assign,assignment]
    async with Running(world):
        for n in one_of_each_lane():
            await world.write(seen(n, "x"))

        async def applied() -> bool:
            return [await world.refs(n) for n in one_of_each_lane()] == [["x"]] * LANES

        await until(applied, "both lanes read on")
    assert world.consumer.restarts == 1
    assert len(consumers) == 2


async def test_what_lies_unread_in_a_lane_that_does_not_move_is_no_progress(world: World) -> None:
    """Though the other lane has read all of its own."""
    still, _ = one_of_each_lane()
    producer = await world.broker.producer()
    await world.write(seen(still, "x"))
    await producer.send(await world.messages())
    consumer = await world.broker.consumer("test", [TOPIC])
    await world.subscriber.run(lambda tx: tx.raw.execute("insert into broker_seen values (1, $1)", world.broker.id))
    other = (lane_of_customer(still) + 1) % LANES
    for _ in range(3):
        await world.consumer._check_progress(consumer, other)
    await world.consumer._check_progress(consumer, lane_of_customer(still))
    with pytest.raises(RuntimeError, match="no progress"):
        await world.consumer._check_progress(consumer, lane_of_customer(still))


class Client:
    """An aiokafka consumer with four partitions, in which a record is always to be had."""

    def __init__(self) -> None:
        self.partitions = [TopicPartition(TOPIC, number) for number in range(4)]
        self.committed: dict[TopicPartition, int] = {}

    def assignment(self) -> list[TopicPartition]:
        return self.partitions

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> Any:
        return {p: [Record(p.topic, p.partition, 0)] for p in partitions}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed |= offsets


class Record:
    key, value, headers = b"", b"", ()

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        self.topic, self.partition, self.offset = topic, partition, offset


async def test_partitions_are_given_up_when_the_batches_of_all_lanes_are_committed() -> None:
    client = Client()
    consumer = KafkaConsumer(client, {}, embedded=False)  # type: ignore[arg-type]
    batches = [await consumer.poll(lane, 500, 0.01) for lane in range(LANES)]
    assert [{lane_of(message.partition) for message in batch} for batch in batches] == [{0}, {1}]
    revoked = asyncio.create_task(consumer.on_partitions_revoked(client.partitions))
    await consumer.commit(batches[0])
    assert await consumer.poll(0, 500, 0.01) == [], "nobody is given more, or it would never come to rest"
    assert not revoked.done()
    await consumer.commit(batches[1])
    await asyncio.wait_for(revoked, 5)
    assert client.committed == dict.fromkeys(client.partitions, 1)
    client.partitions = client.partitions[:2]
    await consumer.on_partitions_assigned(client.partitions)
    assert [len(await consumer.poll(lane, 500, 0.01)) for lane in range(LANES)] == [1, 1]


async def test_a_lane_without_partitions_reads_nothing_rather_than_all() -> None:
    client = Client()
    client.partitions = client.partitions[:1]
    consumer = KafkaConsumer(client, {}, embedded=False)  # type: ignore[arg-type]
    assert await consumer.poll(1, 500, 0.01) == []
    assert len(await consumer.poll(0, 500, 0.01)) == 1
