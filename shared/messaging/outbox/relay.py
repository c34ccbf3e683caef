"""The relay: takes committed rows from the outbox to Kafka, at least once, in order per key.

It runs inside the service. 16 shards by hash of the key; whoever holds a shard's session advisory lock is its only
sender, and it selects, sends and forgets notes on the very connection that holds the lock: losing the connection is
losing the right to send. What this process commits it is handed over after the commit; what others have committed, and
whatever was not handed over, a sweep finds. Never by NOTIFY inside the transaction, which measured cost half of the
commits.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from orjson import dumps

from shared.events import OWNERS
from shared.messaging import faults
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.broker.interface import Broker, Message, Producer, SendFailed
from shared.messaging.database.failures import is_transient
from shared.messaging.database.outbox_writer import SHARDS, OutboxRow
from shared.messaging.database.transaction import Database
from shared.messaging.outbox.hand_off import HandOff
from shared.messaging.pulse import Pulse
from shared.messaging.seal import SEAL, KeyRing, ReadKeyRing, sealed_bytes
from shared.messaging.tracing import span

log = structlog.get_logger(__name__)

LOCK_NAMESPACE = 0x7061  # first half of the advisory lock's key ("pa")
BATCH_SIZE = 1000
BUSY_SWEEP_SECONDS = 0.01  # while others' events are found
IDLE_SWEEP_SECONDS = 0.25
CLAIM_SECONDS = 5.0  # how often free shards are tried
STOP_SECONDS = 5.0  # how long a producer that is thrown away may take to go
WATCHDOG_SECONDS = 60.0  # longer than a select, a send and a delete may take by their own limits

END_ABANDONED_SESSION = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and classid = $1 and pid = $2 and pid <> pg_backend_pid()
  and database = (select oid from pg_database where datname = current_database())
limit 1
"""

COLUMNS = ", ".join(OutboxRow._fields)
UNSENT = f"""
select e.* from (
    select position, recorded_at from outbox_unsent where shard = any($1) order by position limit $2
) note cross join lateral (
    select {COLUMNS} from outbox o where o.position = note.position and o.recorded_at = note.recorded_at limit 1
) e order by note.position
"""
FORGET_SENT = "delete from outbox_unsent where position = any($1)"
# Planned once, when the log may be empty: a plan that reads all of it for each note must not be kept.
BY_INDEX = "set enable_seqscan = off"


def to_message(row: OutboxRow, epoch: UUID, ring: KeyRing) -> Message:
    """A row of the outbox as a CloudEvent 1.0 in binary mode, sealed. `epoch` is the owner's.

    (orjson writes instants in UTC as `isoformat` does, in a quarter of its time.)
    """
    key, payload, trace = row.key.encode(), row.payload.encode(), row.traceparent
    (topic, source), recorded_at = _origin(row.topic, epoch), _instant(row.recorded_at)
    event_id, seq, type_ = str(row.event_id).encode(), b"%d" % row.seq, row.type.encode()
    traceparent = trace.encode() if trace else b""
    sealed = sealed_bytes(topic, key, seq, source, event_id, type_, recorded_at, traceparent, payload)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id),
        ("ce_type", type_),
        ("ce_source", source),
        ("ce_subject", key),
        ("ce_time", dumps(row.occurred_at)[1:-1]),
        ("ce_recordedat", recorded_at),
        ("ce_seq", seq),
        ("content-type", b"application/json"),
        (SEAL, ring.seal(sealed)),
    ]
    if trace:
        headers.append(("traceparent", traceparent))
    return Message(row.topic, key, payload, headers)


@lru_cache(256)  # equal in all that one transaction announced
def _instant(at: datetime) -> bytes:
    return dumps(at)[1:-1]


@cache
def _origin(topic: str, epoch: UUID) -> tuple[bytes, bytes]:
    """The topic, and `ce_source`: its owner in this epoch."""
    return topic.encode(), f"/patron/{OWNERS.get(topic, topic)}/{epoch}".encode()


class Relay:
    """Publishes one service's outbox. One per process; `published` counts messages.

    Every wait has a limit: the connection's for what is asked of the database, the producer's for a send. Whatever
    makes no progress all the same is thrown away by a watchdog and made anew.
    """

    def __init__(self, database: Database, broker: Broker, key_ring: ReadKeyRing) -> None:
        self.database = database
        self.broker = broker
        self.key_ring = key_ring
        self.producer: Producer | None = None
        self.shards: list[int] = []
        self.published = 0
        self.pulse = Pulse()
        self.handed = HandOff()
        self._sweep_at = 0.0  # the event loop's time
        self._work = asyncio.Event()
        self._abandoned: int | None = None  # the server's process behind the last connection, which may hold shards yet

    def hand_over(self, rows: Sequence[OutboxRow]) -> None:
        """Send these at once: called with what a transaction of this process has announced, after its commit."""
        if self.shards:
            self.handed.add(rows)
        self._work.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until told to stop; whatever breaks is thrown away and made anew after a pause."""
        pause = 0.05
        while not stop.is_set():
            try:
                await self._hold_shards_and_send(stop)
            except Exception as error:
                self.pulse.fails(type(error).__name__)
                if isinstance(error, SendFailed) or is_transient(error):
                    log.warning("relay_starts_again", error=type(error).__name__, pause=pause)
                else:
                    log.exception("relay_starts_again")
            else:
                pause = 0.05
                continue
            await sleep_or_stop(stop, pause)
            pause = min(pause * 2, 2.0)

    async def _hold_shards_and_send(self, stop: asyncio.Event) -> None:
        connection = await self.database.connect_raw()
        try:
            async with asyncio.timeout(WATCHDOG_SECONDS) as watchdog:
                await self._end_abandoned_session(connection)
                await connection.execute(BY_INDEX)
                self.producer = await self.broker.producer()
                await self._send_until_stopped(connection, stop, watchdog)
        finally:
            self.shards = []
            self.handed.forget()
            self._abandoned = connection.get_server_pid()
            producer, self.producer = self.producer, None
            if producer is not None:
                with suppress(Exception):
                    await asyncio.wait_for(producer.stop(), STOP_SECONDS)
            with suppress(Exception):
                await connection.close(timeout=2)

    async def _end_abandoned_session(self, connection: "asyncpg.Connection[Any]") -> None:
        """A connection that fell silent is dead here, but its session at the server may live, and hold our shards."""
        if self._abandoned is not None:
            await connection.execute(END_ABANDONED_SESSION, LOCK_NAMESPACE, self._abandoned)
            self._abandoned = None

    async def _send_until_stopped(
        self, connection: "asyncpg.Connection[Any]", stop: asyncio.Event, watchdog: asyncio.Timeout
    ) -> None:
        loop = asyncio.get_running_loop()
        claim_at = 0.0
        epoch: UUID | None = None
        while not stop.is_set():
            self.pulse.works()
            watchdog.reschedule(loop.time() + WATCHDOG_SECONDS)
            if epoch is None or loop.time() >= claim_at:
                await self._claim_shards(connection)
                epoch = await connection.fetchval("select epoch from stream_epoch")  # a subscriber may have raised it
                assert epoch is not None
                claim_at = loop.time() + CLAIM_SECONDS
            self._work.clear()
            sent = await self.drain_once(connection, epoch)
            if sent == BATCH_SIZE or self.handed.sweep_due:
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._work.wait(), max(0.0, self._sweep_at - loop.time()))
        self.handed.forget()
        while epoch is not None and await self.drain_once(connection, epoch):  # what is committed is sent before we go
            watchdog.reschedule(loop.time() + WATCHDOG_SECONDS)

    async def _claim_shards(self, connection: "asyncpg.Connection[Any]") -> None:
        for shard in set(range(SHARDS)) - set(self.shards):
            if await connection.fetchval("select pg_try_advisory_lock($1, $2)", LOCK_NAMESPACE, shard):
                self.shards.append(shard)
                self.handed.sweep_due = True

    async def drain_once(self, connection: "asyncpg.Connection[Any]", epoch: UUID) -> int:
        """Send a batch and forget its notes; returns its size. After a crash in between it is sent again."""
        rows = await self._next_rows(connection)
        if not rows:
            return 0
        faults.point("relay.before_send")
        assert self.producer is not None
        ring = self.key_ring()
        with span("send events", "producer", rows[0].traceparent, {"events": len(rows)}):
            await self.producer.send([to_message(row, epoch, ring) for row in rows])
        faults.point("relay.after_send")
        self.handed.have_been_sent(rows)
        await connection.execute(FORGET_SENT, [row.position for row in rows])
        faults.point("relay.after_mark")
        self.published += len(rows)
        return len(rows)

    async def _next_rows(self, connection: "asyncpg.Connection[Any]") -> Sequence[OutboxRow]:
        """What was handed over; now and then, and where something else is unsent, what a sweep finds."""
        now = asyncio.get_running_loop().time()
        if not self.shards:
            self.handed.sweep_due, self._sweep_at = False, now + IDLE_SWEEP_SECONDS
            return ()
        if not self.handed.sweep_due and now < self._sweep_at:
            return self.handed.take(self.shards, BATCH_SIZE)
        rows = [OutboxRow(*row) for row in await connection.fetch(UNSENT, self.shards, BATCH_SIZE)]
        of_others = any(not self.handed.has(row) for row in rows)
        self.handed.sweep_due = len(rows) == BATCH_SIZE
        self._sweep_at = now + (BUSY_SWEEP_SECONDS if of_others else IDLE_SWEEP_SECONDS)
        return rows
