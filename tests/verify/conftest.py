"""Five databases as the services' own migrations make them, and what a test needs to put facts and faults into them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.verify import Report, Result
from deploy.verify.check import check_invariants
from deploy.verify.invariants import copies
from deploy.verify.invariants.copies import overview
from deploy.verify.snapshots import Connections, asyncpg_url, connected
from shared.chassis.audit.sealing import seal_next_lines
from shared.events import OWNERS, Event
from shared.messaging import Database, new_id
from shared.messaging.database.outbox_writer import digest_of
from tests import harness
from tests.system import system as start_system
from tests.verify import lived_system, small_system
from tests.verify.lived_customers import Customers
from tests.verify.planted import LivedSystem

HOUR = timedelta(hours=1)

# Who subscribes to what, written here so that a test of verify does not stand on the services' handlers.
SUBSCRIBED = {
    "gateway": frozenset({"patron.profile"}),
    "profile": frozenset({"patron.intake", "patron.tiering", "patron.complaint", "patron.loyalty"}),
    "tiering": frozenset({"patron.intake", "patron.profile", "patron.complaint"}),
    "complaint": frozenset({"patron.profile", "patron.tiering"}),
    "loyalty": frozenset({"patron.intake", "patron.profile", "patron.tiering", "patron.complaint"}),
}

# That rows were announced and that everybody knows the same customers is not true of a system written by hand, a row
# here and an event there. These are shown where the services themselves made everything (`test_planted_copies.py`).
# The overview is made here by hand, too, so its invariants are looked at as all others are.
MADE_HERE = {"one_epoch", "jobs_move"} | {invariant.code for invariant in overview.INVARIANTS}
OF_WHOLE_SYSTEMS = {invariant.code for invariant in copies.INVARIANTS} - MADE_HERE


@dataclass
class Five:
    """The databases of a system that is not running: what happens is written here by hand."""

    urls: Mapping[str, str]
    connections: Mapping[str, "asyncpg.Connection[Any]"]
    examined: Connections
    tiering: Database  # for what tiering's own code writes
    wait_seconds: float = 0.0

    async def run(self, service: str, sql: str, *arguments: object) -> None:
        await self.connections[service].execute(sql, *arguments)

    async def announce(self, event: Event, *, received: bool = True, event_id: UUID | None = None) -> UUID:
        """The owner recorded and sent the event; everybody who listens has taken it."""
        return await self.announce_raw(
            event.topic,
            event.key,
            event.type,
            event.model_dump_json(exclude_none=True),
            received=received,
            event_id=event_id,
        )

    async def announce_raw(
        self, topic: str, key: str, type_: str, payload: str, *, received: bool = True, event_id: UUID | None = None
    ) -> UUID:
        event_id = event_id or new_id()
        owner = self.connections[OWNERS[topic]]
        seq = await owner.fetchval(
            """insert into stream_head as h (topic, key, seq, last_event_id, changed_at) values ($1, $2, 1, $3, now())
               on conflict (topic, key) do update set seq = h.seq + 1, last_event_id = $3 returning seq""",
            topic, key, event_id,
        )  # fmt: skip
        await owner.execute(
            """insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
               values (now(), $1, $2, $3, $4, $5, $6, $7, now(), 0)""",
            event_id, topic, key, seq, type_, payload, digest_of(type_, key, payload),
        )  # fmt: skip
        if received:
            for service, connection in self.connections.items():
                if topic in SUBSCRIBED[service]:
                    await connection.execute(
                        """insert into stream_seen (topic, key, epoch, last_seq, last_event_id)
                           values ($1, $2, null, $3, $4)
                           on conflict (topic, key) do update set last_seq = $3, last_event_id = $4""",
                        topic, key, seq, event_id,
                    )  # fmt: skip
        return event_id

    async def report(self) -> Report:
        return await check_invariants(self.examined, SUBSCRIBED, self.wait_seconds)

    async def result(self, code: str) -> Result:
        """What the full check says of one invariant."""
        return (await self.report()).result(code)

    async def broken(self) -> set[str]:
        """The codes of all invariants that are broken or noted, but for those that only a whole system fulfils."""
        codes = {result.code for result in (await self.report()).results if result.outcome != "holds"}
        return codes - OF_WHOLE_SYSTEMS


# Rows are few here, so deleting them is ten times as fast as truncating; what migrations wrote (epoch, policies) stays.
FORGET = """
do $$ declare t record; begin
  set local session_replication_role = replica;
  for t in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p') and not c.relispartition
           and c.relname not in ('alembic_version', 'stream_epoch', 'business', 'rule_set_version',
                                 'rule_set_step') loop
    execute format('delete from public.%I', t.relname);
  end loop;
end $$;
"""


@pytest.fixture(scope="session")
async def migrated(databases: harness.Databases) -> AsyncIterator[Five]:
    urls = {}
    for service in harness.SERVICES:
        urls[service] = asyncpg_url(await databases.prepare(service, harness.migrations_of(service)))
    tiering = Database(urls["tiering"].replace("postgresql://", "postgresql+asyncpg://"))
    async with connected(urls, 5) as (connections, *examined):
        for connection in connections.values():  # nothing refuses what is put in by hand
            await connection.execute("set session_replication_role = replica")
        yield Five(urls, connections, examined, tiering)
    await tiering.close()


@pytest.fixture
async def five(migrated: Five) -> Five:
    for service in harness.SERVICES:
        await migrated.run(service, FORGET)
    return replace(migrated)


@pytest.fixture
async def sound(five: Five) -> Five:
    await small_system.build(five)
    return five


@pytest.fixture(scope="session")
async def lived(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[LivedSystem]:
    """Databases of its own: others empty theirs."""
    own = harness.Databases(databases.server_url, f"{databases.worker}_lived")
    async with start_system(own, keys, settings=lived_system.SETTINGS) as system:
        await lived_system.Life(system).live()
        urls = {name: asyncpg_url(database.url) for name, database in system.databases.items()}
    async with connected(urls, 5) as (connections, *examined):
        made = LivedSystem(connections, examined)
        await made.keep()
        yield made


@pytest.fixture(scope="session")
async def customers(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[LivedSystem]:
    """Databases of its own, too: customers who have lived."""
    own = harness.Databases(databases.server_url, f"{databases.worker}_customers")
    async with start_system(own, keys) as system:
        await Customers(system).live()
        await system.databases["profile"].run(lambda tx: seal_next_lines(tx, "patron.profile", tx.at + HOUR, -HOUR))
        await system.settle()
        urls = {name: asyncpg_url(database.url) for name, database in system.databases.items()}
    async with connected(urls, 5) as (connections, *examined):
        made = LivedSystem(connections, examined)
        await made.keep()
        yield made
