"""Three snapshots of every database, so that a check is right while the system works.

*before*: a snapshot of each database, whose heads are what must be reached. Then the wait. *now*: what the consumers
have made of it. *after*: what the owners have meanwhile. A fact that the owner had before must be there now; whatever
is there now the owner must have after; and a row that the owner did not change in between must be the same now.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg

from shared.events import OWNERS
from shared.messaging.database.connections import TimeLimits

Connection = Any  # asyncpg's connection
Connections = Sequence[Mapping[str, Connection]]
SnapshotName = Literal["before", "now", "after"]
Progress = Callable[[str, int, int], None]  # an invariant's code, how many it looked at, of how many


def no_progress(code: str, done: int, total: int) -> None:
    """Where nobody watches."""


class SharedConnection:
    """A connection that many checks use at the same time: it answers one query after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        async with self._turn:
            return await self._connection.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        async with self._turn:
            return await self._connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        async with self._turn:
            return await self._connection.fetchval(sql, *arguments)

    async def pages(self, sql: str, rows: int) -> AsyncIterator[Any]:
        """The result, so many rows at a time; others have their turn between two pages."""
        async with self._turn:
            cursor = await self._connection.cursor(sql)
        while True:
            async with self._turn:
                page = await cursor.fetch(rows)
            if not page:
                return
            yield page


@dataclass(frozen=True)
class Snapshots:
    """Read-only connections by snapshot and service, each in one repeatable-read transaction of its own.

    `own` is for a check that begins transactions of its own. `topics` are those each service subscribes to. `lagging`
    says which streams had not arrived when the wait was over; `unsent`, by service, which positions of the outbox were
    unsent before and still are now.
    """

    before: Mapping[str, SharedConnection]
    now: Mapping[str, SharedConnection]
    after: Mapping[str, SharedConnection]
    own: Mapping[str, Connection]
    topics: Mapping[str, frozenset[str]]
    lagging: tuple[str, ...]
    unsent: Mapping[str, tuple[int, ...]]
    progress: Progress = no_progress

    def at(self, name: SnapshotName) -> Mapping[str, SharedConnection]:
        return {"before": self.before, "now": self.now, "after": self.after}[name]


def asyncpg_url(url: str) -> str:
    """SQLAlchemy's URL of a database as asyncpg reads it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


CHECKING = TimeLimits(connect_seconds=30, statement_seconds=1800, lock_seconds=60)
CONNECTIONS = 4  # to each database: three with a snapshot each, and one for transactions of a check's own


@asynccontextmanager
async def connected(urls: Mapping[str, str], times: int = CONNECTIONS) -> AsyncIterator[Connections]:
    """Open so many connections to each database, by service; close them at the end of the block."""
    async with AsyncExitStack() as stack:
        yield [await _connect(stack, urls) for _ in range(times)]


@asynccontextmanager
async def take_snapshots(
    connections: Connections, topics: Mapping[str, frozenset[str]], wait_seconds: float,
    progress: Progress = no_progress,
) -> AsyncIterator[Snapshots]:  # fmt: skip
    """Take the first snapshots, wait at most so long for the consumers, then take the others."""
    before, now, after, own = connections
    async with AsyncExitStack() as stack:
        await _begin_snapshots(stack, before)
        heads = await read_heads(before)
        unsent = {service: await _unsent(connection) for service, connection in before.items()}
        lagging, still = await _wait(now, topics, heads, unsent, wait_seconds)
        await _begin_snapshots(stack, now)
        await _begin_snapshots(stack, after)
        first, last = shared(before), shared(after)
        for service in first:
            if await _snapshot(first[service]) == await _snapshot(last[service]):
                last[service] = first[service]
        yield Snapshots(first, shared(now), last, own, topics, lagging, still, progress)


async def _snapshot(connection: SharedConnection) -> str:
    """Two equal ones see the same rows: nobody has written in between, and one of them is enough."""
    return str(await connection.fetchval("select pg_current_snapshot()::text"))


def shared(connections: Mapping[str, Connection]) -> dict[str, SharedConnection]:
    return {service: SharedConnection(connection) for service, connection in connections.items()}


async def _connect(stack: AsyncExitStack, urls: Mapping[str, str]) -> dict[str, Connection]:
    settings = CHECKING.server_settings("patron verify") | {"idle_in_transaction_session_timeout": "0"}  # of snapshots
    connections = {}
    for service, url in urls.items():
        connections[service] = await asyncpg.connect(
            asyncpg_url(url),
            server_settings=settings,
            timeout=CHECKING.connect_seconds,
            command_timeout=CHECKING.answer_seconds,
        )
        stack.push_async_callback(connections[service].close, timeout=5)
    return connections


async def _begin_snapshots(stack: AsyncExitStack, connections: Mapping[str, Connection]) -> None:
    for connection in connections.values():
        await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
        # a month that is dropped is missing in older snapshots, too: none goes from here on until the checks are done
        await connection.execute("lock table outbox in access share mode")
        await connection.fetchval("select count(*) from stream_epoch")  # the first statement takes the snapshot


async def read_heads(connections: Mapping[str, Connection]) -> dict[tuple[str, str], int]:
    """How far each (topic, key) counts, by its owner."""
    heads: dict[tuple[str, str], int] = {}
    for topic, owner in OWNERS.items():
        if owner in connections:
            rows = await connections[owner].fetch("select key, seq from stream_head where topic = $1", topic)
            heads.update({(topic, row["key"]): row["seq"] for row in rows})
    return heads


async def _unsent(connection: Connection) -> tuple[int, ...]:
    rows = await connection.fetch("select position from outbox_unsent order by position")
    return tuple(row["position"] for row in rows)


async def _wait(
    watch: Mapping[str, Connection],
    topics: Mapping[str, frozenset[str]],
    heads: Mapping[tuple[str, str], int],
    unsent: Mapping[str, tuple[int, ...]],
    seconds: float,
) -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """Until every position has reached the heads taken and every row taken was sent, at most `seconds`.

    Returns what still lags, in words, and what is still unsent.
    """
    deadline = time.monotonic() + seconds
    while True:
        lagging = [
            line for service in watch for line in await _lagging(service, watch[service], topics[service], heads)
        ]
        still = {service: await _still_unsent(watch[service], positions) for service, positions in unsent.items()}
        if (not lagging and not any(still.values())) or time.monotonic() > deadline:
            return tuple(lagging), still
        await asyncio.sleep(0.1)


async def _lagging(
    service: str, connection: Connection, topics: frozenset[str], heads: Mapping[tuple[str, str], int]
) -> list[str]:
    """Streams whose position here is short of the head. A blocked one waits for an operator, not for time."""
    rows = await connection.fetch(
        "select topic, key, last_seq, blocked_at from stream_seen where topic = any($1)", list(topics)
    )
    positions = {(row["topic"], row["key"]): row for row in rows}
    short = []
    for (topic, key), head in heads.items():
        if topic not in topics:
            continue
        position = positions.get((topic, key))
        last_seq = position["last_seq"] if position else 0
        if last_seq < head and not (position and position["blocked_at"]):
            short.append(f"{service} has seen {last_seq} of {head} of {topic} {key}")
    return short


async def _still_unsent(connection: Connection, positions: tuple[int, ...]) -> tuple[int, ...]:
    if not positions:
        return ()
    rows = await connection.fetch("select position from outbox_unsent where position = any($1)", list(positions))
    return tuple(row["position"] for row in rows)
