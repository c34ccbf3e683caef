"""Faults planted into a system that has lived, one at a time: each is found by the invariant it breaks, no others.

A fault is SQL that changes what a service keeps, past every trigger and foreign key, as if it had come from elsewhere:
(a readable id, service, SQL, the codes of the invariants it breaks). Afterwards every row is what it was before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import asyncpg
import pytest

from deploy.verify import Report
from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import Connections


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


# Tables are few rows long here: put back whole, without those whose rows are as they were.
KEEP = """
create schema kept;
do $$ declare t record; begin
  for t in select c.oid, c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p') and not c.relispartition loop
    execute format('create table kept.%I as table public.%I', t.relname, t.relname);
  end loop;
end $$;
"""
PUT_BACK = """
do $$ declare t record; differs bool; begin
  for t in select c.relname, (select string_agg(format('%I', a.attname), ', ') from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
           from pg_class c where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p') and not c.relispartition loop
    execute format('select exists (table public.%1$I except all table kept.%1$I) or '
                   'exists (table kept.%1$I except all table public.%1$I)', t.relname) into differs;
    if differs then
      execute format('delete from public.%I', t.relname);
      execute format('insert into public.%1$I (%2$s) overriding system value select %2$s from kept.%1$I',
                     t.relname, t.columns);
    end if;
  end loop;
end $$;
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

    async def put_back(self) -> None:
        for connection in self.connections.values():
            await connection.execute(PUT_BACK)

    async def broken_by(self, fault: Fault) -> set[str]:
        """The codes of what the fault breaks; then it is taken out again."""
        planted = {fault.service: fault.sql, **fault.also}
        try:
            for service, sql in planted.items():
                status = await self.connections[service].execute(sql)
                assert status.split()[-1] != "0", f"nothing was changed in {service}: {status}"
            return await self.broken()
        finally:
            for service in planted:
                await self.connections[service].execute(PUT_BACK)
