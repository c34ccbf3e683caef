"""K16: an owner comes back from yesterday's backup while its consumers are ahead."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import asyncpg
import pytest
import time_machine

from shared.messaging import Database
from shared.messaging.epochs import is_same_life, new_epoch, number_of, with_number
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


async def restore(database: Database, backup: dict[str, list[asyncpg.Record]], *, highest_seen: int = 0) -> None:
    connection = await database.connect_raw()
    await connection.execute(f"truncate {', '.join(backup)}")
    for table, rows in backup.items():
        for row in rows:
            places = ", ".join(f"${i + 1}" for i in range(len(row)))
            await connection.execute(
                f"insert into {table} ({', '.join(row.keys())}) overriding system value values ({places})",
                *row.values(),
            )
    await renew_epoch(connection, highest_seen=highest_seen)
    await connection.close()


WHOLE = ("outbox", "stream_head", "stream_epoch", "epoch_begin", "epoch_head")


async def back_up(world: World) -> dict[str, list[asyncpg.Record]]:
    return {table: await rows_of(world.owner, table) for table in WHOLE}


async def hear(world: World) -> None:
    """The broker brings the owner's log as it is now, and what has a gap or another epoch is pulled."""
    outcome = await world.inbox.apply([read_message(m, RING) for m in await world.messages()])
    for topic, key in outcome.gaps:
        await world.inbox.pull(topic, key)


async def epoch_number(world: World) -> int:
    return number_of(await world.owner.run(lambda tx: tx.raw.fetchval("select epoch from stream_epoch")))


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


async def test_K16_a_restore_on_a_machine_whose_clock_is_ten_years_slow_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its clock makes ids of sorts before everything that was ever seen."""
    await world.write(seen(1, "1"))
    backup = await back_up(world)
    await world.write(seen(1, "2-lost"))
    await hear(world)
    with time_machine.travel(datetime.now(UTC) - timedelta(days=3650)):
        monkeypatch.setattr("shared.messaging.ids.uuid7", lambda: UUID(int=0x014F << 112 | 0x7 << 76 | 0b10 << 62))
        await restore(world.owner, backup)
    monkeypatch.undo()
    await world.write(seen(1, "2-new"), seen(2, "1"))
    await hear(world)
    assert await world.refs(1) == ["1", "2-lost", "2-new"]
    assert await world.refs(2) == ["1"]


async def test_K16_two_restores_in_a_row(world: World) -> None:
    await world.write(seen(1, "1"), seen(1, "2"))
    backup = await back_up(world)
    for life in ("a", "b"):
        await world.write(seen(1, f"3{life}"), seen(1, f"4{life}"))
        await hear(world)
        await restore(world.owner, backup, highest_seen=await epoch_number(world))
    await world.write(seen(1, "3c"))
    await hear(world)
    assert await world.refs(1) == ["1", "2", "3a", "4a", "3b", "4b", "3c"]
    assert await epoch_number(world) == await first_number(world) + 2


async def first_number(world: World) -> int:
    """Of the database's present life when it was emptied for this test: tests share it."""
    oldest = await world.owner.run(lambda tx: tx.raw.fetchval("select epoch from epoch_begin order by life limit 1"))
    return number_of(oldest) - 2


async def test_K16_a_subscriber_that_slept_through_a_whole_life_steps_back_to_where_that_began(world: World) -> None:
    """The second backup was taken in the life that it did not see: its numbers are beyond the position, not known."""
    await world.write(seen(1, "1"), seen(1, "2"))
    first = await back_up(world)
    await world.write(seen(1, "3a"), seen(1, "4a"))
    await hear(world)
    await restore(world.owner, first)
    await world.write(seen(1, "3b"), seen(1, "4b"), seen(1, "5b"))
    second = await back_up(world)
    await world.write(seen(1, "6b"))
    await restore(world.owner, second)
    await world.write(seen(1, "6c"))
    await hear(world)
    assert await world.refs(1) == ["1", "2", "3a", "4a", "3b", "4b", "5b", "6c"]


@pytest.mark.parametrize("restores", [1, 2])
async def test_K16_a_backup_older_than_an_earlier_restore_is_told_of_it_by_its_subscribers(
    world: World, restores: int
) -> None:
    """Nobody could be asked at the restore, so a number is given twice; the subscriber's is counted beyond."""
    await world.write(seen(1, "1"))
    backup = await back_up(world)
    for _ in range(restores):
        await restore(world.owner, await back_up(world))
        await world.write(seen(1, "lost"))
    await hear(world)
    before = await world.refs(1)
    seen_number = await epoch_number(world)
    await restore(world.owner, backup)
    assert await epoch_number(world) <= seen_number
    await world.write(seen(1, "new"), seen(2, "1"))
    await world.consumer.reconcile()
    await world.consumer.until_pulled()
    assert await epoch_number(world) == seen_number + 1
    await world.write(seen(1, "newer"))
    await hear(world)
    assert await world.refs(1) == [*before, "new", "newer"]
    assert await world.refs(2) == ["1"]


async def test_K16_who_has_heard_of_the_life_before_it_was_counted_on_hears_nothing_twice(world: World) -> None:
    await world.write(seen(1, "1"))
    backup = await back_up(world)
    await restore(world.owner, backup)
    await restore(world.owner, backup)
    await world.write(seen(1, "2"), seen(1, "3"))
    await hear(world)
    early = [read_message(m, RING) for m in await world.messages()]
    seen_elsewhere = new_epoch(await epoch_number(world) + 5)
    await world.direct.outrank_epoch(TOPIC, seen_elsewhere)
    await world.write(seen(1, "4"))
    await world.inbox.apply(early)
    await hear(world)
    await world.consumer.reconcile()
    await world.consumer.until_pulled()
    assert await world.refs(1) == ["1", "2", "3", "4"]
    assert await world.subscriber.run(lambda tx: tx.raw.fetchval("select count(*) from epoch_difference")) == 0
    assert await epoch_number(world) == number_of(seen_elsewhere) + 1


def test_epochs_sort_by_their_number_and_keep_their_name() -> None:
    numbers = [1, 2, 255, 256, 65_536, 2**47 - 1]
    ids = [new_epoch(number) for number in numbers]
    assert sorted(ids) == ids
    assert [number_of(epoch) for epoch in ids] == numbers
    assert all((epoch.version, epoch.variant) == (8, RFC_4122) for epoch in ids)
    again = with_number(ids[0], 7)
    assert (number_of(again), is_same_life(again, ids[0])) == (7, True)
    assert not any(is_same_life(ids[0], other) for other in ids[1:])
