"""Faults planted into a system that has lived, one at a time: each is found by the invariant it breaks, no others.

A fault is SQL that changes what a service keeps, past every trigger and foreign key, as if it had come from elsewhere:
(a readable id, service, SQL, the codes of the invariants it breaks). Afterwards every row is what it was before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import asyncpg
import pytest

from deploy.verify import Report
from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.invariants import INVARIANTS
from deploy.verify.snapshots import Connections, take_snapshots


class Fault(NamedTuple):
    """What is planted where, and which invariants say so."""

    name: str
    service: str
    sql: str
    codes: set[str]
    also: Mapping[str, str] = MappingProxyType({})
    """What others would have made of it, by service: so that copies agree with what is wrong."""


def each_of(faults: Sequence[Fault]) -> pytest.MarkDecorator:
    """Runs a test once a fault, under its name."""
    assert len({fault.name for fault in faults}) == len(faults), "two faults of one name"
    return pytest.mark.parametrize("fault", faults, ids=[fault.name for fault in faults])


KEEP = """
create schema kept;
do $$ declare t record; begin
  for t in select c.oid, c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p') and not c.relispartition loop
    execute format('create table kept.%I as table public.%I', t.relname, t.relname);
  end loop;
end $$;
"""
TOUCHED = """
select distinct coalesce(pg_partition_root(relid), relid)::regclass::text as name from pg_stat_xact_user_tables
where schemaname = 'public' and n_tup_ins + n_tup_upd + n_tup_del > 0
"""
COLUMNS = """
select string_agg(quote_ident(attname), ', ') from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""


@dataclass
class LivedSystem:
    """The databases of a system that has lived and stopped, connections to write into them, and those of verify."""

    connections: Mapping[str, "asyncpg.Connection[Any]"]
    examined: Connections

    async def report(self) -> Report:
        return await check_invariants(self.examined, SUBSCRIBED_TOPICS, 0.0)

    async def broken(self) -> set[str]:
        """The codes of all invariants that are broken or noted."""
        return {result.code for result in (await self.report()).results if result.outcome != "holds"}

    async def keep(self) -> None:
        """Remember every row; from now on nothing refuses what is planted."""
        for connection in self.connections.values():
            await connection.execute("set session_replication_role = replica")
            await connection.execute(KEEP)

    async def broken_of(self, codes: Collection[str]) -> set[str]:
        """Those of these invariants that are broken or noted; the others are not looked at, which takes longer."""
        async with take_snapshots(self.examined, SUBSCRIBED_TOPICS, 0.0) as snapshots:
            results = [await invariant.check(snapshots) for invariant in INVARIANTS if invariant.code in codes]
        return {result.code for result in results if result.outcome != "holds"}

    async def broken_by(self, fault: Fault, only: Collection[str] | None = None) -> set[str]:
        """The codes of what the fault breaks (of `only`, where that is given); then the tables it touched are what they
        were."""
        touched = {}
        try:
            for service, sql in {fault.service: fault.sql, **fault.also}.items():
                touched[service] = await self._plant(service, sql)
            return await (self.broken() if only is None else self.broken_of(only))
        finally:
            for service, tables in touched.items():
                for table in tables:
                    await self._put_back(service, table)

    async def _plant(self, service: str, sql: str) -> list[str]:
        """The tables it changed."""
        connection = self.connections[service]
        async with connection.transaction():
            status = await connection.execute(sql)
            assert status.split()[-1] != "0", f"nothing was changed in {service}: {status}"
            return [row["name"] for row in await connection.fetch(TOUCHED)]

    async def _put_back(self, service: str, table: str) -> None:
        connection = self.connections[service]
        columns = await connection.fetchval(COLUMNS, table)
        await connection.execute(
            f"""delete from {table};
                insert into {table} ({columns}) overriding system value select {columns} from kept.{table}"""
        )
