"""A database whose clock is wrong: `clock_timestamp()` and `now()` of its sessions differ by an interval."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from shared.messaging import Database

SKEWED = """
create schema if not exists skewed;
create table if not exists skewed.skew (by interval not null);
delete from skewed.skew;
insert into skewed.skew values ($1);
create or replace function skewed.clock_timestamp() returns timestamptz volatile parallel safe language sql
    return pg_catalog.clock_timestamp() + (select by from skewed.skew);
create or replace function skewed.now() returns timestamptz stable parallel safe language sql
    return pg_catalog.now() + (select by from skewed.skew);
"""


@asynccontextmanager
async def with_clock(database: Database, skew: timedelta) -> AsyncIterator["SkewedDatabase"]:
    """The same database, its process and its server living in another time; the skew can be set anew."""
    url = database.url.replace("postgresql+asyncpg://", "postgresql://")
    skewed = SkewedDatabase(database, url)
    await skewed.jump(skew)
    path = "set search_path = skewed, pg_catalog, public"
    name = url.rpartition("/")[2]
    await skewed.execute(f'alter database "{name}" {path}')
    try:
        yield skewed
    finally:
        await skewed.database.close()
        await skewed.execute(f'alter database "{name}" reset search_path; drop schema skewed cascade')


class SkewedDatabase:
    """`database` has a pool of its own, whose sessions see the wrong time, as their process does."""

    def __init__(self, database: Database, url: str) -> None:
        self.skew = timedelta(0)
        self.database = Database(database.url, clock=lambda: datetime.now(UTC) + self.skew)
        self._url = url

    async def jump(self, skew: timedelta) -> None:
        """From now on the clock is wrong by so much."""
        self.skew = skew
        for statement in SKEWED.split(";\n"):
            if "$1" in statement:
                statement = statement.replace("$1", f"interval '{skew.total_seconds()} seconds'")
            if statement.strip():
                await self.execute(statement)

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
