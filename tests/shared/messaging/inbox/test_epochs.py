"""K16: an owner comes back from yesterday's backup while its consumers are ahead."""

import asyncpg
import pytest

from shared.messaging import Database
from shared.messaging.inbox.received import read_message
from shared.messaging.outbox.event_log import renew_epoch
from tests.shared.messaging.world import RING, TOPIC, World, customer, seen


@pytest.fixture
async def restored(world: World) -> World:
    """Customer 1's first three and 2's first were backed up; two more of 1 and 3's first were lost with the owner."""
    await world.write(seen(1, "1"), seen(1, "2"), seen(1, "3"), seen(2, "1"))
    backup = {table: await rows_of(world.owner, table) for table in ("outbox", "stream_head")}
    await world.write(seen(1, "4-lost"), seen(1, "5-lost"), seen(3, "1-lost"))
    await world.inbox.apply([read_message(m, RING) for m in await world.messages()])
    assert await world.refs(1) == ["1", "2", "3", "4-lost", "5-lost"]
    await restore(world.owner, backup)
    return world


async def rows_of(database: Database, table: str) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await database.run(lambda tx: tx.raw.fetch(f"select * from {table}"))
    return rows


async def restore(database: Database, backup: dict[str, list[asyncpg.Record]]) -> None:
    connection = await database.connect_raw()
    await connection.execute("truncate outbox, stream_head")
    for table, rows in backup.items():
        for row in rows:
            places = ", ".join(f"${i + 1}" for i in range(len(row)))
            await connection.execute(f"insert into {table} ({', '.join(row.keys())}) values ({places})", *row.values())
    await renew_epoch(connection)
    await connection.close()


async def test_K16_no_new_fact_is_taken_for_an_old_one(restored: World) -> None:
    await restored.write(seen(1, "4-new"), seen(1, "5-new"), seen(3, "1-new"))
    outcome = await restored.inbox.apply([read_message(m, RING) for m in await restored.messages()])
    for topic, key in outcome.gaps:
        await restored.inbox.pull(topic, key)
    assert (await restored.refs(1))[-2:] == ["4-new", "5-new"]
    assert await restored.refs(3) == ["1-lost", "1-new"]
    assert await restored.refs(2) == ["1"]


async def test_K16_the_difference_is_listed_even_where_nothing_new_comes(restored: World) -> None:
    await restored.consumer.reconcile()
    await restored.consumer.until_pulled()
    rows = await restored.subscriber.run(
        lambda tx: tx.raw.fetch("select key, consumed_seq, owner_seq from epoch_difference")
    )
    differences = {(row["key"], row["consumed_seq"], row["owner_seq"]) for row in rows}
    assert differences == {(str(customer(1)), 5, 3), (str(customer(3)), 1, 0)}


async def test_K16_messages_of_the_old_life_are_ignored_afterwards(restored: World) -> None:
    old = [read_message(m, RING) for m in await restored.messages()]
    await restored.write(seen(1, "4-new"))
    await restored.inbox.pull(TOPIC, str(customer(1)))
    before = await restored.refs(1)
    await restored.inbox.apply(old)
    assert await restored.refs(1) == before


async def test_K16_a_consumer_that_was_behind_loses_nothing(world: World) -> None:
    await world.write(*(seen(1, str(i)) for i in range(1, 6)))
    await world.inbox.apply([read_message(m, RING) for m in await world.messages()][:2])
    connection = await world.owner.connect_raw()
    await renew_epoch(connection)
    await connection.close()
    await world.write(seen(1, "6"))
    outcome = await world.inbox.apply([read_message(m, RING) for m in await world.messages()])
    for topic, key in outcome.gaps:
        await world.inbox.pull(topic, key)
    assert await world.refs(1) == [str(i) for i in range(1, 7)]
    assert await world.subscriber.run(lambda tx: tx.raw.fetchval("select count(*) from epoch_difference")) == 0
