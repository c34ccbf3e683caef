"""One transaction: a connection, the instant of the change, and the events it will announce at its commit.

`tx.sql` is SQLAlchemy's connection for Core statements; `tx.raw` is the asyncpg connection below it for
hand-written SQL on hot paths. Both are in the same transaction: the engine runs in AUTOCOMMIT (it never sends a
BEGIN of its own) and the transaction is begun and ended here, by asyncpg, so nobody else can commit.
"""

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.events import Event
from shared.messaging.backoff import sleep_after_conflict
from shared.messaging.database import outbox_writer
from shared.messaging.database.connections import ANSWER_SECONDS, Connection, TimeLimits
from shared.messaging.database.failures import connection_was_lost, is_conflict
from shared.messaging.database.outbox_writer import OutboxRow

T = TypeVar("T")
Clock = Callable[[], datetime]

MAX_CONFLICT_TRIES = 20  # a deadlock or serialisation error is retried; so many in a row is a fault of ours


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


class Transaction:
    """Load, decide, save, announce happen in one of these; `Database` begins and ends it.

    `sql` is SQLAlchemy's connection, `raw` asyncpg's below it, `at` the instant of the change (`recorded_at`).
    """

    def __init__(
        self, sql: AsyncConnection, raw: "asyncpg.Connection[Any]", at: datetime, wake: Callable[[str], None]
    ) -> None:
        self.sql = sql
        self.raw = raw
        self.at = at
        self.announced: list[outbox_writer.AnnouncedEvent] = []
        self._after_commit: list[Callable[[], None]] = []
        self._wake = wake

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run in process once the change is durable (wake a relay, drop a cache entry). Never for facts."""
        self._after_commit.append(action)

    def wake(self, work: str) -> None:
        """Once this is committed, background work of that name looks at once (in this process; others look soon).

        It waits for `Database.wakeup(work)`.
        """
        self.after_commit(lambda: self._wake(work))


def announce(
    tx: Transaction, events: Iterable[Event | outbox_writer.SerializedEvent], ids: Sequence[UUID] | None = None
) -> None:
    """Collect events; they get their sequence numbers and go to the outbox once, just before the commit.

    `ids` (from `new_id`) are given where the answer to the caller names the event.
    """
    tx.announced.extend(outbox_writer.with_ids(list(events), ids))


class Database:
    """One service's database: the pool, and transactions that end in a commit or leave nothing behind.

    `url` is SQLAlchemy's, for asyncpg (`postgresql+asyncpg://…`). What takes longer than `limits` say is ended, and
    raises a transient error.
    """

    def __init__(
        self, url: str, *, pool_size: int = 10, clock: Clock = system_clock, limits: TimeLimits | None = None
    ) -> None:
        self.url = url
        self.clock = clock
        self.pool_size = pool_size
        self.limits = limits or TimeLimits()
        self._for_long_work = False
        self.engine: AsyncEngine = create_async_engine(
            url,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,  # an error's text must not carry personal data
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=self.limits.pool_seconds,
            pool_use_lifo=True,  # a few warm connections: each one learns types and plans statements for itself
            pool_reset_on_return=None,  # a connection is only given back after its transaction has ended
            connect_args={
                "server_settings": self.limits.server_settings("patron"),
                "timeout": self.limits.connect_seconds,
                "command_timeout": self.limits.answer_seconds,
                "connection_class": Connection,
            },
        )
        self.when_announced: Callable[[Sequence[OutboxRow]], None] = lambda rows: None  # the relay takes them over
        self._wakeups: dict[str, asyncio.Event] = {}

    def for_long_work(self) -> "Database":
        """The same database for work whose statements take their time by nature: jobs, housekeeping, a batch that was
        too slow. Its transactions cost a statement more."""
        other = copy.copy(self)
        other._for_long_work = True
        return other

    def wakeup(self, work: str) -> asyncio.Event:
        """Set when a transaction committed in this process has woken that work; who waits for it clears it."""
        return self._wakeups.setdefault(work, asyncio.Event())

    @asynccontextmanager
    async def transaction(self, *, at: datetime | None = None) -> AsyncIterator[Transaction]:
        """One attempt at a transaction. Commits at the end of the block, rolls back when it raises."""
        async with self.engine.connect() as sql:
            raw, attempt = await self._begin(sql)
            tx = Transaction(sql, raw, at or self.clock(), lambda work: self.wakeup(work).set())
            recorded: list[OutboxRow] = []
            try:
                if self._for_long_work:
                    await self._allow_long_statements(raw)
                yield tx
                if tx.announced:
                    recorded = await outbox_writer.record(tx.raw, tx.announced, recorded_at=tx.at)
                await attempt.commit()
            except BaseException as error:
                # A cancelled statement may still be running on the server: such a connection is never used again.
                if isinstance(error, asyncio.CancelledError) or connection_was_lost(error) or raw.is_closed():
                    await sql.invalidate()
                else:
                    await self._roll_back(sql, attempt)
                raise
            finally:
                if self._for_long_work and isinstance(raw, Connection):
                    raw.wait_for_answers(self.limits.answer_seconds)
        if recorded:
            self.when_announced(recorded)
        for action in tx._after_commit:
            action()

    async def _allow_long_statements(self, raw: "asyncpg.Connection[Any]") -> None:
        seconds = self.limits.long_statement_seconds
        if isinstance(raw, Connection):
            raw.wait_for_answers(seconds + ANSWER_SECONDS)
        await raw.execute(
            f"set local statement_timeout = {round(1000 * seconds)}; "
            f"set local idle_in_transaction_session_timeout = {round(1000 * seconds)}"
        )

    async def _begin(self, sql: AsyncConnection) -> "tuple[asyncpg.Connection[Any], Any]":
        """BEGIN. Connections that a restart of the server left dead in the pool are replaced: nothing was done yet."""
        for _ in range(self.pool_size + 1):
            raw: asyncpg.Connection[Any] | None = (await sql.get_raw_connection()).driver_connection
            assert raw is not None
            try:
                attempt = raw.transaction()
                await attempt.start()
            except BaseException as error:
                await sql.invalidate()  # the next try takes another one, or dials anew
                if not connection_was_lost(error) or isinstance(error, TimeoutError):  # a silent one took its time
                    raise
            else:
                return raw, attempt
        raise ConnectionResetError("every pooled connection was closed by the server")

    async def _roll_back(self, sql: AsyncConnection, attempt: Any) -> None:
        """ROLLBACK; the error that led here is the one to raise (a COMMIT that failed has ended the attempt itself)."""
        try:
            await attempt.rollback()
        except Exception:
            await sql.invalidate()
        except BaseException:
            await sql.invalidate()
            raise

    async def run(self, work: Callable[[Transaction], Awaitable[T]], *, at: datetime | None = None) -> T:
        """Call `work` in a transaction and return its result; again after a deadlock or serialisation error.

        `at` is the instant of the change where it is not now. Raises what `work` raises, after a rollback.
        """
        for attempt in range(MAX_CONFLICT_TRIES):
            try:
                async with self.transaction(at=at) as tx:
                    return await work(tx)
            except Exception as error:
                if not is_conflict(error) or attempt == MAX_CONFLICT_TRIES - 1:
                    raise
                await sleep_after_conflict(attempt)
        raise AssertionError("unreachable")

    async def connect_raw(self) -> "asyncpg.Connection[Any]":
        """A connection outside the pool, for whoever holds locks on it (the relay); the caller closes it.

        Its statements are under the same limits as the pool's.
        """
        return await asyncpg.connect(
            self.url.replace("postgresql+asyncpg://", "postgresql://"),
            server_settings=self.limits.server_settings("patron relay"),
            timeout=self.limits.connect_seconds,
            command_timeout=self.limits.answer_seconds,
            connection_class=Connection,
        )

    async def close(self) -> None:
        """Close the pool's connections."""
        await self.engine.dispose()
