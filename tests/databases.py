"""The databases of a worker: each migrated once, emptied before each test; connections that stay open.

Emptying costs what a test left behind, not what the database has: a migrated one has hundreds of tables.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.chassis.migrations import upgrade
from shared.messaging import Database


class Databases:
    """One migrated database a worker and service, which `prepare` puts back to what the migrations left.

    Connections to it stay open from test to test: each new one learns tables and plans statements for itself, which
    takes longer than most tests.
    """

    def __init__(self, server_url: str, worker: str) -> None:
        self.server_url = server_url
        self.worker = worker
        self._ready: set[str] = set()
        self._engines: dict[tuple[str, asyncio.AbstractEventLoop], AsyncEngine] = {}

    def url(self, name: str) -> str:
        return f"{self.server_url}{self.worker}_{name}"

    async def prepare(self, name: str, migrations: Path) -> str:
        """Create and migrate once, then only empty. Returns the URL (for SQLAlchemy)."""
        url = self.url(name).replace("postgresql://", "postgresql+asyncpg://")
        if name not in self._ready:
            await self._create(f"{self.worker}_{name}")
            await upgrade(migrations, url)
            await self._run(name, KEEP_SEED)
            self._ready.add(name)
        else:
            await self._run(name, EMPTY)
        return url

    @asynccontextmanager
    async def open(self, name: str, migrations: Path) -> AsyncIterator[Database]:
        """The database as its migrations left it. What a test did not give back when it ends is closed."""
        here = (name, asyncio.get_running_loop())
        engine = self._engines.get(here)
        if engine is None:
            database = Database(await self.prepare(name, migrations))
            engine = self._engines[here] = database.engine
        else:
            database = Database(self.url(name).replace("postgresql://", "postgresql+asyncpg://"))
            database.engine = engine
            await database.run(lambda tx: tx.raw.execute(EMPTY))
        try:
            yield database
        finally:
            pool: Any = engine.pool
            if pool.checkedout():
                del self._engines[here]
                await engine.dispose()

    async def close(self) -> None:
        """Close the connections that stayed open in this loop."""
        for here in [here for here in self._engines if here[1] is asyncio.get_running_loop()]:
            await self._engines.pop(here).dispose()

    async def make_database(self, name: str) -> str:
        """A new, empty database of this worker. Returns its URL."""
        await self._create(f"{self.worker}_{name}")
        return self.url(name)

    async def copy_database(self, source: str, name: str) -> None:
        """A database with all that another one holds; nobody may be connected to that one meanwhile."""
        await self._create(name, f'template "{source}" strategy file_copy')

    async def _create(self, name: str, options: str = "") -> None:
        connection = await asyncpg.connect(f"{self.server_url}postgres")
        try:
            await connection.execute(f'drop database if exists "{name}" with (force)')
            await connection.execute(f'create database "{name}" {options}')
        finally:
            await connection.close()

    async def _run(self, name: str, statement: str) -> None:
        connection = await asyncpg.connect(self.url(name))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


# What the migrations wrote (the epoch, a first policy …) is copied aside, once, and put back after each emptying where
# its rows are not the very ones that were put there: the places and transactions of all rows are their `fingerprint`.
KEEP_SEED = """
do $$ declare t record; found bool; begin
  create schema seed;
  create table seed.seed_state (name text primary key, fingerprint text);
  create function seed.fingerprint(name text) returns text language plpgsql as $f$ declare print text; begin
    execute format('select string_agg(ctid::text || xmin::text, '','' order by ctid) from public.%I', name) into print;
    return print;
  end $f$;
  for t in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'alembic_version' loop
    execute format('select exists (select from public.%I)', t.relname) into found;
    if found then
      execute format('create table seed.%I as table public.%I', t.relname, t.relname);
      insert into seed.seed_state values (t.relname, seed.fingerprint(t.relname));
    end if;
  end loop;
end $$;
"""
# A table without a page is empty. Of few rows deleting is ten times as fast as truncating, which makes new files.
EMPTY = """
do $$ declare t record; large text := ''; begin
  set local session_replication_role = replica;
  for t in select s.name from seed.seed_state s where s.fingerprint is distinct from seed.fingerprint(s.name) loop
    execute format('delete from public.%I', t.name);
  end loop;
  for t in select c.relname, pg_relation_size(c.oid) as bytes from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'alembic_version'
           and pg_relation_size(c.oid) > 0
           and not exists (select from seed.seed_state s
                           where s.name = coalesce(pg_partition_root(c.oid), c.oid)::regclass::name) loop
    if t.bytes > 262144 then large := large || format(', public.%I', t.relname);
    else execute format('delete from public.%I', t.relname);
    end if;
  end loop;
  if large <> '' then execute 'truncate ' || substr(large, 3) || ' cascade'; end if;
  for t in select s.name from seed.seed_state s where s.fingerprint is distinct from seed.fingerprint(s.name) loop
    execute format('insert into public.%I overriding system value table seed.%I', t.name, t.name);
    update seed.seed_state s set fingerprint = seed.fingerprint(s.name) where s.name = t.name;
  end loop;
end $$;
"""
