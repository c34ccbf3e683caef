"""What leaves: numbered per key without hole, in commit order; relayed at least once, by one holder a shard."""

import asyncio
import random
from collections import defaultdict

import pytest

from shared.messaging import Transaction, announce
from shared.messaging.database.outbox_writer import SHARDS
from shared.messaging.outbox.relay import Relay
from shared.messaging.outbox.retention import forget_notes_without_events
from tests.shared.messaging.world import TOPIC, Running, World, customer, read_ring, seen, until


async def test_every_key_counts_from_one_without_hole_under_concurrent_writers(world: World) -> None:
    async def writer(w: int) -> None:
        rng = random.Random(w)
        for i in range(20):
            await world.write(*(seen(rng.randrange(7), f"{w}.{i}.{j}") for j in range(rng.randrange(1, 5))))

    await asyncio.gather(*(writer(w) for w in range(8)))
    rows = await world.owner.run(lambda tx: tx.raw.fetch("select key, seq from outbox order by position"))
    by_key = defaultdict(list)
    for row in rows:
        by_key[row["key"]].append(row["seq"])
    assert sum(map(len, by_key.values())) > 160
    for numbers in by_key.values():
        assert numbers == list(range(1, len(numbers) + 1)), "position order is sequence order within a key"
    heads = await world.owner.run(lambda tx: tx.raw.fetch("select key, seq from stream_head"))
    assert {h["key"]: h["seq"] for h in heads} == {key: len(numbers) for key, numbers in by_key.items()}


async def test_a_transaction_that_fails_announces_nothing(world: World) -> None:
    async def work(tx: Transaction) -> None:
        announce(tx, [seen(1, "never")])
        await tx.raw.execute("insert into effect (ref) values ('never')")
        raise RuntimeError("after announcing")

    with pytest.raises(RuntimeError, match="after announcing"):
        await world.owner.run(work)
    assert await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from outbox")) == 0
    assert await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from stream_head")) == 0
    assert await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from effect")) == 0


async def test_a_note_without_its_event_keeps_nobody_from_sending_and_is_forgotten(world: World) -> None:
    await world.owner.run(
        lambda tx: tx.raw.execute(
            "insert into outbox_unsent values (0, now(), 3), (nextval('outbox_position'), now(), 5)"
        )
    )
    await world.write(seen(1, "x"))
    async with Running(world):

        async def applied() -> bool:
            return await world.refs(1) == ["x"]

        await until(applied, "the event was sent past the notes before it")
    await world.owner.run(forget_notes_without_events)
    assert await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from outbox_unsent")) == 0


async def test_a_deadlock_retries_the_transaction_and_counts_once(world: World) -> None:
    async def crossing(first: int, second: int) -> None:
        async def work(tx: Transaction) -> None:
            await tx.raw.execute("select pg_advisory_xact_lock($1)", first)
            await asyncio.sleep(0.05)
            await tx.raw.execute("select pg_advisory_xact_lock($1)", second)
            announce(tx, [seen(first, "x")])

        await world.owner.run(work)

    await asyncio.gather(crossing(1, 2), crossing(2, 1))
    assert await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from outbox")) == 2


async def test_the_relay_sends_everything_and_marks_it(world: World) -> None:
    async with Running(world):
        for i in range(30):
            await world.write(*(seen(k, f"{i}") for k in range(10)))

        async def drained() -> bool:
            left = await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from outbox_unsent"))
            return bool(left == 0)

        await until(drained, "the outbox empties")

        async def applied() -> bool:
            return [len(await world.refs(k)) for k in range(10)] == [30] * 10

        await until(applied, "everything took effect")
    for k in range(10):
        assert await world.refs(k) == [str(i) for i in range(30)]


async def test_two_relays_share_the_shards_and_never_both_hold_one(world: World) -> None:
    async with Running(world, relays=2) as running:

        async def all_held() -> bool:
            return sum(len(relay.shards) for relay in running.relays) == SHARDS

        await until(all_held, "all shards are held")
        held = [shard for relay in running.relays for shard in relay.shards]
        assert sorted(held) == list(range(SHARDS))
        await world.write(*(seen(k, "x") for k in range(50)))

        async def applied() -> bool:
            return bool(await world.subscriber.run(lambda tx: tx.raw.fetchval("select count(*) from effect")) == 50)

        await until(applied, "everything took effect")
    assert sum(len(log) for log in world.broker.logs.values()) == 50


async def test_losing_the_lock_connection_ends_the_right_to_send(world: World) -> None:
    relay = Relay(world.owner, world.broker, read_ring)
    stop = asyncio.Event()
    world.owner.when_announced = relay.hand_over
    task = asyncio.create_task(relay.run(stop))

    async def holds() -> bool:
        return len(relay.shards) == SHARDS

    await until(holds, "the shards are held")
    await world.owner.run(
        lambda tx: tx.raw.execute(
            """select pg_terminate_backend(pid) from pg_locks
               where locktype = 'advisory' and pid <> pg_backend_pid()
                 and database = (select oid from pg_database where datname = current_database())"""
        )
    )
    await world.write(seen(1, "after"))

    async def sent() -> bool:
        return sum(len(log) for log in world.broker.logs.values()) >= 1

    await until(sent, "the relay took the locks again on a new connection")
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_events_are_cloud_events_in_binary_mode(world: World) -> None:
    await world.write(seen(3, "ref-3"))
    [message] = await world.messages()
    headers = dict(message.headers)
    assert message.topic == TOPIC
    assert message.key == str(customer(3)).encode() == headers["ce_subject"]
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"intake.customer_reference_registered.v1"
    assert headers["ce_source"].startswith(b"/patron/gateway/")
    assert headers["ce_seq"] == b"1"
    assert headers["content-type"] == b"application/json"
    assert b'"source":"ref-3"' in message.value


async def test_connections_that_a_restart_closed_in_the_pool_are_replaced_unnoticed(world: World) -> None:
    await asyncio.gather(*(world.write(seen(k, "before")) for k in range(5)))
    await world.owner.run(
        lambda tx: tx.raw.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()"""
        )
    )
    await asyncio.sleep(0)
    await asyncio.gather(*(world.write(seen(k, "after")) for k in range(5)))
    assert await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from outbox")) == 10
