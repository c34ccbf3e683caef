"""A small world for the backbone's tests: owners and subscribers with real databases, and effects that can be counted.

The effect of an event is a row in `effect`; applying it twice violates nothing in the schema, so that a test which
forgot to look would not be saved by a constraint.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import asyncpg

from shared.errors import invalid
from shared.events import CustomerReferenceRegistered, OrderDelivered
from shared.messaging import Database, Subscriptions, Transaction, announce, new_id
from shared.messaging.broker.interface import LANES, Consumer, Message
from shared.messaging.broker.loopback import LoopbackBroker
from shared.messaging.database.outbox_writer import OutboxRow
from shared.messaging.epochs import new_epoch
from shared.messaging.inbox.consumer import ConsumerLoop
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.timing import ConsumerTiming
from shared.messaging.outbox.event_log import HeadsPage, LogSlice, outrank_epoch, read_heads, read_slice
from shared.messaging.outbox.relay import COLUMNS, Relay, to_message
from shared.messaging.seal import KeyRing

TOPIC = "patron.intake"
RING = KeyRing.generate()
FAST = ConsumerTiming(reconcile_seconds=0.1, idle_check_seconds=0.3, watchdog_seconds=10, max_pause_seconds=0.2)


BACKBONE = Path(__file__).resolve().parents[3] / "shared" / "migrations" / "2026_11_28_backbone.sql"


def read_ring() -> KeyRing:
    return RING


async def make_tables(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(BACKBONE.read_text())
    await connection.execute(
        "insert into stream_epoch (one_row, epoch, started_at) values (1, $1, now())", new_epoch(1)
    )
    await connection.execute(
        """create table effect (n bigint generated always as identity, customer_id uuid, type text, ref text,
                                at timestamptz)"""
    )
    await connection.close()


class Population:
    """Each test has customers of its own: a broker shared with earlier tests still holds theirs."""

    namespace = uuid4()


def customer(n: int) -> UUID:
    return uuid5(Population.namespace, str(n))


def seen(n: int, ref: str) -> CustomerReferenceRegistered:
    return CustomerReferenceRegistered(customer_id=customer(n), source=ref, registered_at=datetime.now(UTC))


def delivered(n: int) -> OrderDelivered:
    now = datetime.now(UTC)
    return OrderDelivered(
        delivery_id=new_id(), order_id=new_id(), customer_id=customer(n), placed_at=now, delivered_at=now
    )


class DirectOwner:
    """The pull without HTTP; counts what it was asked, and can be out of reach."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.questions: list[str] = []
        self.pages: list[HeadsPage] = []
        self.down = False

    async def read_slice(self, topic: str, key: str, first: int, seen_epoch: UUID | None = None) -> LogSlice:
        self.questions.append(key)
        if self.down:
            raise ConnectionRefusedError
        return await self.database.run(lambda tx: read_slice(tx, topic, key, first, seen_epoch=seen_epoch))

    async def read_heads(self, topic: str, *, after: str, changed_since: datetime | None) -> HeadsPage:
        if self.down:
            raise ConnectionRefusedError
        page = await self.database.run(lambda tx: read_heads(tx, topic, after=after, changed_since=changed_since))
        self.pages.append(page)
        return page

    async def outrank_epoch(self, topic: str, seen: UUID) -> None:
        await self.database.run(lambda tx: outrank_epoch(tx, seen))


class World:
    """One owner, one subscriber, a broker in memory between them."""

    def __init__(self, owner: Database, subscriber: Database) -> None:
        Population.namespace = uuid4()
        self.owner = owner
        self.subscriber = subscriber
        self.broker = LoopbackBroker()
        self.subscriptions = Subscriptions()
        self.subscriptions.on(CustomerReferenceRegistered, self.when_customers_are_seen_note_them)
        self.poisoned: set[str] = set()
        self.direct = DirectOwner(owner)
        self.inbox = Inbox(subscriber, self.subscriptions, self.direct)
        self.consumer = ConsumerLoop(self.broker, "test", self.inbox, read_ring, timing=FAST)

    async def when_customers_are_seen_note_them(
        self, tx: Transaction, events: Sequence[CustomerReferenceRegistered]
    ) -> None:
        for event in events:
            if event.source in self.poisoned:
                raise invalid("poisoned")
        await tx.raw.executemany(
            "insert into effect (customer_id, type, ref, at) values ($1, $2, $3, $4)",
            [(e.customer_id, e.type, e.source, e.meta.recorded_at) for e in events],
        )

    async def write(self, *events: CustomerReferenceRegistered | OrderDelivered, at: datetime | None = None) -> None:
        async def work(tx: Transaction) -> None:
            announce(tx, events)

        await self.owner.run(work, at=at)

    async def messages(self) -> list[Message]:
        """The owner's whole log, as the relay would send it."""

        async def work(tx: Transaction) -> list[Message]:
            epoch = await tx.raw.fetchval("select epoch from stream_epoch")
            rows = await tx.raw.fetch(f"select {COLUMNS} from outbox order by position")
            return [to_message(OutboxRow(*row), epoch, RING) for row in rows]

        return await self.owner.run(work)

    async def refs(self, n: int) -> list[str]:
        """What took effect for a customer, in the order it did."""
        rows = await self.subscriber.run(
            lambda tx: tx.raw.fetch("select ref from effect where customer_id = $1 order by n", customer(n))
        )
        return [row["ref"] for row in rows]

    async def positions(self) -> dict[str, int]:
        rows = await self.subscriber.run(lambda tx: tx.raw.fetch("select key, last_seq from stream_seen"))
        return {row["key"]: row["last_seq"] for row in rows}


class Running:
    """The relay and the consumer as tasks, stopped gracefully at the end of the block."""

    def __init__(self, world: World, *, relays: int = 1) -> None:
        self.stop = asyncio.Event()
        self.relays = [Relay(world.owner, world.broker, read_ring) for _ in range(relays)]
        world.owner.when_announced = self.hand_over
        self.world = world

    def hand_over(self, rows: Sequence[OutboxRow]) -> None:
        for relay in self.relays:
            relay.hand_over(rows)

    async def __aenter__(self) -> "Running":
        self.tasks = [asyncio.create_task(relay.run(self.stop)) for relay in self.relays]
        self.tasks.append(asyncio.create_task(self.world.consumer.run(self.stop)))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await asyncio.wait_for(asyncio.gather(*self.tasks), 20)


async def poll_all(consumer: Consumer) -> list[Message]:
    """One poll of each lane."""
    return [message for lane in range(LANES) for message in await consumer.poll(lane, 500, 0.005)]


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 20) -> None:
    """Poll with a deadline."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await condition():
        assert loop.time() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.01)
