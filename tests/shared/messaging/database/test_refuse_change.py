"""Rows that stay as they were written: the database refuses to change them, whoever asks."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.messaging import Database
from tests.shared.messaging.world import World

TABLES = """
create table kept (id int primary key, said text, at timestamptz, seen int);
create table marked (like kept including all);
create table counted (like kept including all);
create trigger kept_stays before update or delete on kept for each row execute function refuse_change();
create trigger marked_stays before update or delete on marked for each row execute function refuse_change('at', 'seen');
create trigger counted_stays before update of id, said, at or delete on counted
    for each row execute function refuse_change();
insert into kept values (1, 'a', null, 0);
insert into marked values (1, 'a', null, 0);
insert into counted values (1, 'a', null, 0);
"""


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    await world.owner.run(lambda tx: tx.raw.execute(TABLES))
    yield world.owner
    await world.owner.run(lambda tx: tx.raw.execute("drop table kept, marked, counted"))


@pytest.mark.parametrize(
    "change",
    [
        "update kept set said = 'b'",
        "update kept set said = said",
        "delete from kept",
        "update marked set said = 'b'",
        "update marked set said = null, at = now()",
        "update marked set id = 2",
        "delete from marked",
        "update counted set said = 'b', seen = 1",
        "delete from counted",
    ],
)
async def test_what_stays_can_not_be_changed(database: Database, change: str) -> None:
    table = next(name for name in ("kept", "marked", "counted") if name in change)
    with pytest.raises(asyncpg.CheckViolationError, match=f"a row of {table} stays as it was written"):
        await database.run(lambda tx: tx.raw.execute(change))


@pytest.mark.parametrize(
    "change",
    [
        "update marked set at = now()",
        "update marked set at = now(), seen = seen + 1, said = said",
        "update counted set seen = 1",
        "insert into kept values (2, 'b')",
    ],
)
async def test_the_columns_named_can_be_changed(database: Database, change: str) -> None:
    assert await database.run(lambda tx: tx.raw.execute(change)) in ("UPDATE 1", "INSERT 0 1")
