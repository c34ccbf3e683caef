"""The backbone on a real Kafka protocol: the embedded broker, or Apache Kafka with groups in `make test-kafka`."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.events import OWNERS
from shared.messaging import new_id
from shared.messaging.broker.interface import Message
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.inbox.consumer import ConsumerLoop
from shared.messaging.inbox.timing import ConsumerTiming, poll_timeout
from shared.messaging.outbox.relay import Relay
from tests.shared.messaging.world import World, customer, poll_all, read_ring, seen, until
from tests.support.kafka import KafkaUnderTest

TIMING = ConsumerTiming(reconcile_seconds=3, idle_check_seconds=0.5, watchdog_seconds=15, max_pause_seconds=0.5)

pytestmark = pytest.mark.broker


class Fleet:
    """A relay and any number of consumer replicas over a real broker, added and taken away while it runs."""

    def __init__(self, world: World, broker: KafkaBroker, group: str) -> None:
        self.world = world
        self.broker = broker
        self.group = group
        self.timing = TIMING
        self.relay = Relay(world.owner, broker, read_ring)
        world.owner.when_announced = self.relay.hand_over
        self.stops: list[tuple[asyncio.Event, asyncio.Task[None]]] = []
        self.consumers: list[ConsumerLoop] = []

    def start_relay(self) -> None:
        stop = asyncio.Event()
        self.stops.append((stop, asyncio.create_task(self.relay.run(stop))))

    def join(self) -> int:
        """One more replica. Returns its place."""
        stop = asyncio.Event()
        consumer = ConsumerLoop(self.broker, self.group, self.world.inbox, read_ring, timing=self.timing)
        self.consumers.append(consumer)
        self.stops.append((stop, asyncio.create_task(consumer.run(stop))))
        return len(self.stops) - 1

    async def leave(self, place: int) -> None:
        stop, task = self.stops[place]
        stop.set()
        await asyncio.wait_for(task, 30)

    async def end(self) -> None:
        for place in range(len(self.stops)):
            await self.leave(place)


@pytest.fixture
async def fleet(world: World, kafka: KafkaUnderTest) -> AsyncIterator[Fleet]:
    broker = KafkaBroker(kafka.servers, mode=kafka.mode, topics=list(OWNERS), partitions=kafka.partitions)
    fleet = Fleet(world, broker, f"test-{new_id()}")
    yield fleet
    await fleet.end()


async def everything_took_effect(fleet: Fleet, per_customer: int, customers: int, seconds: float = 60) -> None:
    async def complete() -> bool:
        ids = [customer(k) for k in range(customers)]
        count = await fleet.world.subscriber.run(
            lambda tx: tx.raw.fetchval("select count(*) from effect where customer_id = any($1)", ids)
        )
        return bool(count >= per_customer * customers)

    await until(complete, f"{per_customer} effects for each of {customers} customers", seconds)
    for k in range(customers):
        assert await fleet.world.refs(k) == [str(i) for i in range(per_customer)]


async def test_what_is_written_takes_effect_once_and_in_order(fleet: Fleet) -> None:
    fleet.timing = ConsumerTiming(reconcile_seconds=120)  # so that nothing can be pulled meanwhile
    fleet.start_relay()
    fleet.join()
    for i in range(40):
        await fleet.world.write(*(seen(k, str(i)) for k in range(25)))
    await everything_took_effect(fleet, 40, 25)
    assert fleet.world.inbox.pulled == 0, "the broker brought all of it"


async def test_a_foreign_message_and_a_duplicate_go_by(fleet: Fleet) -> None:
    fleet.join()
    producer = await fleet.broker.producer()
    await producer.send([Message("patron.intake", b"x", b"not ours", ())])
    await fleet.world.write(*(seen(1, str(i)) for i in range(10)))
    log = await fleet.world.messages()
    await producer.send(log + log[3:7] + log)
    await until(lambda: has(fleet, 1, 10), "ten effects")
    assert await fleet.world.refs(1) == [str(i) for i in range(10)]
    await producer.stop()


async def has(fleet: Fleet, customer: int, effects: int) -> bool:
    return len(await fleet.world.refs(customer)) >= effects


async def test_large_events_fit_and_keep_their_order(fleet: Fleet) -> None:
    fleet.start_relay()
    fleet.join()
    rng = random.Random(1)
    for i in range(200):
        await fleet.world.write(*(seen(k, str(i)) for k in rng.sample(range(8), 8)))
    await everything_took_effect(fleet, 200, 8)


async def test_replicas_join_and_leave_and_nothing_is_lost_or_doubled(fleet: Fleet, kafka: KafkaUnderTest) -> None:
    if kafka.mode != "groups":
        pytest.skip("the embedded broker assigns statically; consumer groups are shown by `make test-kafka`")
    fleet.start_relay()
    first = fleet.join()
    written = 0

    async def write_some() -> None:
        nonlocal written
        for _ in range(20):
            await fleet.world.write(*(seen(k, str(written)) for k in range(30)))
            written += 1

    await write_some()
    fleet.join()

    async def shared() -> bool:
        held = [c.consumer.client.assignment() for c in fleet.consumers if c.consumer is not None]  # type: ignore[attr-defined]
        return len(held) == 2 and all(held) and not set.intersection(*(set(h) for h in held))

    await until(shared, "both replicas hold partitions, and none in common", 60)
    await write_some()
    await fleet.leave(first)
    await write_some()
    fleet.join()
    await write_some()
    await everything_took_effect(fleet, written, 30)


@pytest.fixture
def own_broker(tmp_path: Path, kafka: KafkaUnderTest) -> Iterator[object]:
    """An embedded broker of this test's own, which it may kill."""
    if kafka.mode == "groups":
        pytest.skip("only the broker in memory forgets")
    from deploy.embedded.broker import EmbeddedBroker

    broker = EmbeddedBroker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


async def test_a_broker_that_forgets_everything_loses_nothing(world: World, own_broker: object) -> None:
    from deploy.embedded.broker import EmbeddedBroker

    assert isinstance(own_broker, EmbeddedBroker)
    fleet = Fleet(world, KafkaBroker(own_broker.address, topics=list(OWNERS)), "forgetting")
    try:
        fleet.start_relay()
        fleet.join()
        await world.write(*(seen(k, "0") for k in range(30)))
        await everything_took_effect(fleet, 1, 30)
        await world.write(*(seen(k, "1") for k in range(30)))
        own_broker.kill()
        await world.write(*(seen(k, "2") for k in range(30)))
        await asyncio.to_thread(own_broker.start)
        await world.write(*(seen(k, "3") for k in range(30)))
        await everything_took_effect(fleet, 4, 30, seconds=90)
    finally:
        await fleet.end()


async def test_offsets_told_now_and_then_are_all_told_when_a_consumer_stops(fleet: Fleet) -> None:
    topic, key = "patron.intake", b"k"
    producer = await fleet.broker.producer()
    consumer = await fleet.broker.consumer(fleet.group, [topic])
    for number in range(3):  # each batch at once after the one before: not every one's offsets are committed
        await producer.send([Message(topic, key, f"{number}.{i}".encode(), ()) for i in range(10)])
        read: list[Message] = []
        while not any(message.value == f"{number}.9".encode() for message in read):
            read += await poll_all(consumer)
            await consumer.commit(read)
    await consumer.stop()
    await producer.send([Message(topic, key, b"next", ())])
    again = await fleet.broker.consumer(fleet.group, [topic])
    messages: list[Message] = []
    while not messages:
        messages = await poll_all(again)
    assert [message.value for message in messages] == [b"next"]
    await again.stop()
    await producer.stop()


@pytest.mark.parametrize(
    ("age", "silent", "timeout"),
    [(0.008, 0.0, 0.005), (0.06, 0.0, 0.03), (4.0, 0.0, 0.1), (0.002, 2.0, 0.25), (-1.0, 0.0, 0.005)],
)
def test_news_may_stay_unnoticed_half_as_long_as_the_last_was_on_its_way(
    age: float, silent: float, timeout: float
) -> None:
    assert poll_timeout(age, silent_seconds=silent) == timeout
