"""Nothing waits for ever: what takes too long is ended, by the server or by us, and tried again."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.events import CustomerReferenceRegistered
from shared.messaging import Database, Timer, Timers, Transaction, set_timer
from shared.messaging.database import connections, transaction
from shared.messaging.database.connections import TimeLimits
from shared.messaging.database.failures import is_busy, is_transient, took_too_long
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.received import read_message
from shared.messaging.outbox.relay import Relay
from tests.shared.messaging.world import RING, World, customer, read_ring, seen, until
from tests.support.silent_proxy import SilentProxy, silent_proxy

SHORT = TimeLimits(
    connect_seconds=0.7,
    pool_seconds=0.3,
    statement_seconds=0.3,
    lock_seconds=0.2,
    idle_seconds=0.3,
    long_statement_seconds=5,
)


@asynccontextmanager
async def limited(database: Database, limits: TimeLimits = SHORT, pool: int = 4) -> AsyncIterator[Database]:
    limited = Database(database.url, limits=limits, pool_size=pool)
    yield limited
    await limited.close()


@asynccontextmanager
async def through_a_proxy(database: Database) -> AsyncIterator[tuple[Database, SilentProxy]]:
    parts = urlsplit(database.url)
    async with silent_proxy(parts.port or 5432) as proxy:
        address = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"
        async with limited(Database(urlunsplit(parts._replace(netloc=address)))) as other:
            yield other, proxy


async def test_a_statement_that_takes_too_long_is_ended_and_its_connection_goes_on(world: World) -> None:
    async with limited(world.owner, pool=2) as database:
        with pytest.raises(asyncpg.QueryCanceledError) as ended:
            await database.run(lambda tx: tx.raw.execute("select pg_sleep(20)"))
        assert (took_too_long(ended.value), is_transient(ended.value), is_busy(ended.value)) == (True, True, True)
        assert await database.run(lambda tx: tx.raw.fetchval("select 1")) == 1
        await database.for_long_work().run(lambda tx: tx.raw.execute("select pg_sleep(0.5)"))
        with pytest.raises(asyncpg.QueryCanceledError):
            await database.run(lambda tx: tx.raw.execute("select pg_sleep(20)"))


async def test_a_lock_that_is_not_given_is_not_waited_for_for_ever(world: World) -> None:
    async with limited(world.owner) as database, world.owner.transaction() as holder:
        await holder.raw.execute("lock table effect")
        with pytest.raises(asyncpg.LockNotAvailableError) as refused:
            await database.run(lambda tx: tx.raw.execute("insert into effect (ref) values ('x')"))
        assert is_transient(refused.value)
        assert not took_too_long(refused.value)


async def test_a_transaction_whose_process_hangs_lets_go_of_its_locks(world: World) -> None:
    async def hang(tx: Transaction) -> None:
        await tx.raw.execute("insert into effect (ref) values ('never')")
        await asyncio.sleep(1)
        await tx.raw.execute("select 1")

    async with limited(world.owner) as database:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as ended:
            await database.run(hang)
        assert is_transient(ended.value)
        assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from effect")) == 0


async def test_a_pool_without_a_free_connection_says_so(world: World) -> None:
    async with limited(world.owner, replace(SHORT, idle_seconds=30), pool=1) as database, database.transaction():
        with pytest.raises(PoolTimeout) as refused:
            await database.run(lambda tx: tx.raw.fetchval("select 1"))
        assert is_busy(refused.value)


@pytest.fixture
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (connections, transaction):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)


@pytest.mark.usefixtures("short_answers")
async def test_a_server_that_falls_silent_is_given_up(world: World) -> None:
    async with through_a_proxy(world.owner) as (database, proxy):
        assert await database.run(lambda tx: tx.raw.fetchval("select 1")) == 1
        proxy.silent = True
        for _ in range(2):  # a connection of the pool, and one that would have to be made
            began = time.monotonic()
            with pytest.raises(TimeoutError) as given_up:
                await database.run(lambda tx: tx.raw.fetchval("select 1"))
            assert is_transient(given_up.value)
            assert time.monotonic() - began < 5
        proxy.silent = False
        assert await database.run(lambda tx: tx.raw.fetchval("select 1")) == 1


@pytest.mark.usefixtures("short_answers")
async def test_a_relay_whose_connection_falls_silent_goes_on_with_another(world: World) -> None:
    """The server still believes in the old session, which holds every shard: it is ended."""
    async with through_a_proxy(world.owner) as (database, proxy):
        relay = Relay(database, world.broker, read_ring)
        stop = asyncio.Event()
        running = asyncio.create_task(relay.run(stop))

        async def holds_shards() -> bool:
            return bool(relay.shards)

        await until(holds_shards, "the shards are held")
        proxy.silent = True
        await world.write(seen(1, "1"))

        async def noticed() -> bool:
            return relay.pulse.failing_since is not None

        await until(noticed, "the silence is noticed")
        proxy.silent = False

        async def sent() -> bool:
            return sum(len(log) for log in world.broker.logs.values()) >= 1

        await until(sent, "the relay has gone on")
        assert relay.pulse.failing_since is None
        stop.set()
        await asyncio.wait_for(running, 10)


async def test_a_relay_that_makes_no_progress_is_made_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is that does not end: here a producer that never answers, nor lets itself be stopped."""
    monkeypatch.setattr("shared.messaging.outbox.relay.WATCHDOG_SECONDS", 0.3)
    monkeypatch.setattr("shared.messaging.outbox.relay.STOP_SECONDS", 0.1)
    made = []

    class Hangs:
        async def send(self, messages: object) -> None:
            await asyncio.Event().wait()

        async def stop(self) -> None:
            await asyncio.Event().wait()

    make = world.broker.producer

    async def producer() -> object:
        made.append(1)
        return Hangs() if len(made) < 3 else await make()

    monkeypatch.setattr(world.broker, "producer", producer)
    await world.write(seen(1, "1"))
    relay = Relay(world.owner, world.broker, read_ring)
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))

    async def sent() -> bool:
        return sum(len(log) for log in world.broker.logs.values()) == 1

    await until(sent, "the third producer sends")
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_a_batch_that_takes_too_long_is_halved_and_what_is_slow_alone_gets_its_time(world: World) -> None:
    async def slowly(tx: Transaction, events: Sequence[CustomerReferenceRegistered]) -> None:
        await tx.raw.execute(f"select pg_sleep({sum(0.1 if e.source != 'slow' else 0.4 for e in events)})")
        await world.when_customers_are_seen_note_them(tx, events)

    world.subscriptions.handlers.clear()
    world.subscriptions.on(CustomerReferenceRegistered, slowly)
    await world.write(*(seen(n, "slow" if n == 3 else "quick") for n in range(6)))
    received = [read_message(message, RING) for message in await world.messages()]
    async with limited(world.subscriber) as database:
        outcome = await Inbox(database, world.subscriptions, world.direct).apply(received)
    assert outcome.applied == 6
    assert [await world.refs(n) for n in range(6)] == [["slow" if n == 3 else "quick"] for n in range(6)]
    assert await world.subscriber.run(lambda tx: tx.raw.fetchval("select count(*) from parked")) == 0


async def test_a_batch_that_waits_for_a_lock_comes_again_and_is_not_parked(world: World) -> None:
    await world.write(seen(1, "1"))
    received = [read_message(message, RING) for message in await world.messages()]
    async with limited(world.subscriber) as database:
        inbox = Inbox(database, world.subscriptions, world.direct)
        async with world.subscriber.transaction() as holder:
            await holder.raw.execute("lock table effect")
            with pytest.raises(asyncpg.LockNotAvailableError) as refused:
                await inbox.apply(received)
            assert is_transient(refused.value)
        assert (await inbox.apply(received)).applied == 1
    assert await world.refs(1) == ["1"]


async def test_a_timer_that_takes_too_long_keeps_no_other_from_its_turn(world: World) -> None:
    timers, fired = Timers(), list[str]()

    async def take_your_time(tx: Transaction, due: Sequence[Timer]) -> None:
        await tx.raw.execute("select pg_sleep(20)")

    async def note(tx: Transaction, due: Sequence[Timer]) -> None:
        fired.extend(timer.aggregate for timer in due)

    timers.on("slow", take_your_time)
    timers.on("quick", note)
    async with limited(world.owner) as database:

        async def set_both(tx: Transaction) -> None:
            await set_timer(tx, str(customer(1)), "slow", 1, tx.at)
            await set_timer(tx, str(customer(2)), "quick", 1, tx.at)

        await database.run(set_both)
        for _ in range(6):
            await timers.fire_due(database)
            await database.run(
                lambda tx: tx.raw.execute("update timer set retry_at = clock_timestamp() where kind = 'slow'")
            )
        state = await database.run(lambda tx: tx.raw.fetchrow("select state, tries from timer where kind = 'slow'"))
    assert fired == [str(customer(2))]
    assert state["state"] == "pending", "it is no fault of the timer"
    assert state["tries"] >= 5
