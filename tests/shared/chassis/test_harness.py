"""The ground tests stand on: databases come empty, with what the migrations wrote."""

from pathlib import Path

from shared.messaging import Database, new_id
from tests import harness

SERVICE = "bare"
LEFT = "select (select epoch from stream_epoch), (select count(*) from outbox), (select count(*) from thing)"
LARGE = 5000  # rows: a table that is truncated


async def _things(database: Database) -> int:
    count: int = await database.run(lambda tx: tx.raw.fetchval("select count(*) from thing"))
    return count


async def test_a_database_comes_with_its_epoch_and_is_written_to(database: Database) -> None:
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from stream_epoch")) == 1
    await database.run(lambda tx: tx.raw.execute("insert into thing (id, name) values ($1, 'one')", new_id()))
    assert await _things(database) == 1


async def test_the_next_test_finds_it_empty_but_for_the_epoch(database: Database) -> None:
    assert await _things(database) == 0
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from stream_epoch")) == 1


async def test_whatever_was_written_changed_and_deleted_the_next_test_finds_what_the_migrations_left(
    databases: harness.Databases, migrations: Path
) -> None:
    left = []
    for change in (
        "select",
        "update stream_epoch set epoch = gen_random_uuid()",
        "delete from stream_epoch",
        """insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
           select at, gen_random_uuid(), 'patron.profile', 'k', 1, 't', '{}', '', at, 0
           from unnest(array[now(), now() - interval '9 years']) at""",
        f"insert into thing (id, name) select gen_random_uuid(), repeat('x', 100) from generate_series(1, {LARGE})",
        "select",
    ):
        async with databases.open(SERVICE, migrations) as database:
            left.append(await database.run(lambda tx: tx.raw.fetchrow(LEFT)))
            await database.run(lambda tx, sql=change: tx.raw.execute(sql))  # type: ignore[misc]
    assert set(left) == {left[0]}
    assert list(left[0].values())[1:] == [0, 0]


async def test_a_connection_that_a_test_does_not_give_back_is_not_the_next_tests(
    databases: harness.Databases, migrations: Path
) -> None:
    async with databases.open(SERVICE, migrations) as database:
        held = database.engine.connect()
        await held.start()
    async with databases.open(SERVICE, migrations) as other:
        assert other.engine is not database.engine
        assert await _things(other) == 0
    await held.invalidate()
    await held.close()
