"""The ground tests stand on: databases come empty, with what the migrations wrote."""

from shared.messaging import Database, new_id

SERVICE = "bare"


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
