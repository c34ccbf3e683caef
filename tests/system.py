"""All five services in one process: real databases, a broker in memory, HTTP between them without a network.

`await system.settle()` waits, by polling and never by sleeping blindly, until every outbox is sent, every position
at its owner's head.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from shared.chassis import Ports, Service
from shared.events import OWNERS
from shared.messaging import Database
from shared.messaging.broker.loopback import LoopbackBroker
from shared.messaging.database.transaction import Clock, system_clock
from shared.messaging.inbox.timing import ConsumerTiming
from tests import harness

FAST = ConsumerTiming(reconcile_seconds=2.0, watchdog_seconds=10.0, max_pause_seconds=0.2)
POLL_SECONDS = 0.02


class NotSettled(AssertionError):
    """The system did not come to rest; the message says who still owes what."""


@dataclass(slots=True)
class System:
    """What `harness.system` gives to a journey."""

    keys: harness.Keys
    broker: LoopbackBroker
    databases: dict[str, Database]
    late: set[tuple[str, str, str]] = field(default_factory=set)
    """(service, topic, key): streams of which a test's broker gives a service nothing for now; nobody waits for it."""
    apps: dict[str, FastAPI] = field(default_factory=dict)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def gateway(self) -> httpx.AsyncClient:
        """Speaks to the gateway as an admin; `headers=system.as_role("agent")` to be somebody else."""
        return self.clients["gateway"]

    def as_role(self, role: str, **more: Any) -> dict[str, str]:
        return self.keys.headers("gateway", role, **more)

    def service(self, name: str) -> Service:
        service: Service = self.apps[name].state.service
        return service

    async def settle(self, deadline: float = 20.0) -> None:
        """Until nothing is under way: outboxes sent, positions at heads, twice in a row. Fails when an event parks."""
        loop = asyncio.get_running_loop()
        until, before = loop.time() + deadline, None
        while True:
            owed, heads = await self._owed()
            if not owed and heads == before:
                return
            before = heads if not owed else None
            stuck = await self._parked()
            if stuck or loop.time() > until:
                raise NotSettled("; ".join(stuck or owed or ["still changing"]))
            await asyncio.sleep(POLL_SECONDS)

    async def _owed(self) -> tuple[list[str], Mapping[str, Any]]:
        owed: list[str] = []
        heads: dict[str, dict[str, int]] = {}
        for name, database in self.databases.items():
            unsent = await self._value(database, "select count(*) from outbox_unsent")
            if unsent:
                owed.append(f"{name} has {unsent} events to send")
        present = {topic: owner for topic, owner in OWNERS.items() if owner in self.databases}
        for topic, owner in present.items():
            heads[topic] = await self._streams(self.databases[owner], "stream_head", "seq", topic)
        for name in self.databases:
            for topic in self.service(name).subscriptions.topics & set(present):
                positions = await self._streams(self.databases[name], "stream_seen", "last_seq", topic)
                behind = sum(
                    positions.get(key, 0) < seq
                    for key, seq in heads[topic].items()
                    if (name, topic, key) not in self.late
                )
                if behind:
                    owed.append(f"{name} is behind in {behind} streams of {topic}")
        return owed, heads

    async def _parked(self) -> list[str]:
        parked: list[str] = []
        for name, database in self.databases.items():
            rows = await database.run(
                lambda tx: tx.raw.fetch(
                    """select type, reason, detail from parked
                       where ended_at is null and reason <> 'not_authentic'"""
                )
            )
            parked += [f"{name} parked {row['type']}: {row['reason']} ({row['detail']})" for row in rows]
        return parked

    @staticmethod
    async def _value(database: Database, query: str) -> Any:
        return await database.run(lambda tx: tx.raw.fetchval(query))

    @staticmethod
    async def _streams(database: Database, table: str, number: str, topic: str) -> dict[str, int]:
        query = f"select key, {number} as seq from {table} where topic = $1"
        rows = await database.run(lambda tx: tx.raw.fetch(query, topic))
        return {row["key"]: row["seq"] for row in rows}


@asynccontextmanager
async def system(
    databases: harness.Databases,
    keys: harness.Keys,
    *,
    services: Sequence[str] = harness.SERVICES,
    clock: Clock = system_clock,
    timing: ConsumerTiming = FAST,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    broker: LoopbackBroker | None = None,
) -> AsyncIterator[System]:
    """Start the services, in order, each on its own emptied database; stop them in the reverse order."""
    async with AsyncExitStack() as stack:
        own: dict[str, Database] = {}
        for name in services:
            own[name] = Database(await databases.prepare(name, harness.migrations_of(name)), pool_size=5, clock=clock)
            stack.push_async_callback(own[name].close)
        running = System(keys, broker or LoopbackBroker(), own)
        for name in services:
            ports = Ports(
                broker=running.broker,
                database=own[name],
                transport=transport_to(running.apps),
                clock=clock,
                logs=False,
                timing=timing,
            )
            more = (settings or {}).get(name, {})
            given = harness.settings_of(name, own[name].url, keys.directory, **more)
            create: Callable[..., FastAPI] = harness.part_of(name, "app").create_app
            running.apps[name] = create(given, ports)
            harness.describe_once(running.apps[name], name, more)
        for name in services:
            client = await stack.enter_async_context(harness.client_of(running.apps[name], harness.AsAdmin(keys, name)))
            running.clients[name] = client
        yield running


def transport_to(apps: Mapping[str, FastAPI]) -> Callable[[str], httpx.AsyncBaseTransport]:
    """Service name -> its application in this process; looked up when called, as they start one after another."""

    class ToApplication(httpx.AsyncBaseTransport):
        def __init__(self, name: str) -> None:
            self.name = name

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if self.name not in apps:
                raise httpx.ConnectError(f"{self.name} is not running", request=request)
            return await httpx.ASGITransport(app=apps[self.name]).handle_async_request(request)

    return ToApplication
