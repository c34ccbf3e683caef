"""The owner's event log as subscribers read it: heads, slices of rows, and the epoch that a restore renews.

A subscriber that misses something asks here; what the broker forgot is still in the outbox, which is the log.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from shared.messaging.database.transaction import Transaction
from shared.messaging.ids import new_id
from shared.messaging.seal import KeyRing, sealed_bytes

PAGE_SIZE = 1000
HEAD_OVERLAP = timedelta(minutes=5)  # a clock that is set back by less hides nothing; nor does a statement that waits
MAX_COMMIT_DURATION = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Head:
    """The last committed number of one stream of a topic, and the event that has it."""

    key: str
    seq: int
    last_event_id: UUID


class HeadsPage(NamedTuple):
    """Some heads of a topic in order of keys, in which epoch, and as of which instant of the owner's own clock.

    What changed after `as_of`, or commits later than this was read, is among the heads that changed since `as_of`.
    """

    epoch: UUID
    as_of: datetime
    heads: list[Head]


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A committed event as the owner's log has it; `payload` is JSON. It happened, then it was recorded."""

    event_id: UUID
    seq: int
    type: str
    payload: str
    occurred_at: datetime
    recorded_at: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Consecutive rows of one stream, with what a subscriber needs to know of the log around them.

    `epoch_seq` and `epoch_event_id` are where the stream stood when the present epoch began: None when it did not
    exist, or the first epoch is still on. `head` is the stream's last number. What came before `first_available` was
    dropped with a month of the log, `last_dropped_id` as the last.
    """

    epoch: UUID
    epoch_seq: int | None
    epoch_event_id: UUID | None
    head: int
    first_available: int
    last_dropped_id: UUID | None
    events: tuple[LoggedEvent, ...]


async def read_heads(
    tx: Transaction, topic: str, *, after: str = "", changed_since: datetime | None = None, limit: int = PAGE_SIZE
) -> HeadsPage:
    """One page of a topic's heads in order of keys, those after the key `after`.

    All of them, or those that changed since an instant that an earlier page was as of (and some that changed shortly
    before it). A subscriber's own time is never asked for (K26).
    """
    as_of = await _as_of(tx)  # in a statement of its own, before the one that sees the heads
    since = None if changed_since is None else changed_since - HEAD_OVERLAP
    rows = await tx.raw.fetch(
        """select key, seq, last_event_id from stream_head
           where topic = $1 and key > $2 and ($3::timestamptz is null or changed_at >= $3) order by key limit $4""",
        topic, after, since, limit,
    )  # fmt: skip
    return HeadsPage(await read_epoch(tx), as_of, [Head(r["key"], r["seq"], r["last_event_id"]) for r in rows])


async def _as_of(tx: Transaction) -> datetime:
    """Now, by the database's clock, or when the oldest transaction began that has written and is not committed."""
    as_of: datetime = await tx.raw.fetchval(
        """select least(clock_timestamp(), min(xact_start)) from pg_stat_activity
           where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()"""
    )
    return as_of


async def read_epoch(tx: Transaction) -> UUID:
    """Which life of this database it is."""
    epoch: UUID = await tx.raw.fetchval("select epoch from stream_epoch")
    return epoch


async def is_fully_committed(tx: Transaction, instant: datetime, skew: timedelta) -> bool:
    """Whether everything recorded by then is committed, so that the heads can tell it.

    A transaction takes its instant (`tx.at`) after its BEGIN: one that could still record something of that instant or
    before is open since then, or has yet to begin on a machine whose clock is slow by less than `skew`. A transaction
    that hangs is not waited for for ever.
    """
    latest = instant + skew
    if tx.at < latest:
        return False
    if tx.at - latest > MAX_COMMIT_DURATION:
        return True
    return not await is_anybody_open_since(tx, latest)


async def is_anybody_open_since(tx: Transaction, instant: datetime) -> bool:
    """Whether another transaction of this service is open that began by an instant of the database's clock."""
    is_open: bool = await tx.raw.fetchval(
        """select exists (
               select from pg_stat_activity
               where datname = current_database() and application_name = current_setting('application_name')
                 and xact_start <= $1 and pid <> pg_backend_pid()
           )""",
        instant,
    )
    return is_open


async def read_slice(tx: Transaction, topic: str, key: str, first: int, *, limit: int = PAGE_SIZE) -> LogSlice:
    """Committed rows of one stream from the number `first` on, at most `limit`, as far as its log still has them."""
    bounds = await tx.raw.fetchrow(
        """select e.epoch, h.seq, h.last_event_id, coalesce(s.seq, 0) as head,
                  coalesce(c.seq, 0) + 1 as first_available, c.event_id as last_dropped_id
           from stream_epoch e
           left join epoch_head h on h.topic = $1 and h.key = $2
           left join stream_head s on s.topic = $1 and s.key = $2
           left join outbox_cut c on c.topic = $1 and c.key = $2""",
        topic, key,
    )  # fmt: skip
    assert bounds is not None
    rows = await tx.raw.fetch(
        """select event_id, seq, type, payload, occurred_at, recorded_at, traceparent from outbox
           where topic = $1 and key = $2 and seq >= $3 order by seq limit $4""",
        topic, key, max(first, bounds["first_available"]), limit,
    )  # fmt: skip
    return LogSlice(
        epoch=bounds["epoch"],
        epoch_seq=bounds["seq"],
        epoch_event_id=bounds["last_event_id"],
        head=bounds["head"],
        first_available=bounds["first_available"],
        last_dropped_id=bounds["last_dropped_id"],
        events=tuple(LoggedEvent(**dict(row)) for row in rows),
    )


async def renew_epoch(connection: "asyncpg.Connection[Any]") -> UUID:
    """Begin a new epoch: this database came back from a backup, and numbers after its heads are new facts (K16)."""
    epoch = new_id()
    async with connection.transaction():
        await connection.execute("delete from epoch_head")
        await connection.execute(
            """insert into epoch_head (topic, key, seq, last_event_id)
               select topic, key, seq, last_event_id from stream_head"""
        )
        await connection.execute("update stream_epoch set epoch = $1, started_at = clock_timestamp()", epoch)
    return epoch


def slice_as_json(log_slice: LogSlice, topic: str, key: str, ring: KeyRing) -> dict[str, Any]:
    """What `slice_from_json` reads, once its ids and instants are JSON: each event with its seal."""
    body = asdict(log_slice)
    for event, row in zip(log_slice.events, body["events"], strict=True):
        row["seal"] = ring.seal(_sealed(event, topic, key, log_slice.epoch)).decode()
    return body


def slice_from_json(body: dict[str, Any], topic: str, key: str, ring: KeyRing) -> LogSlice:
    """Raises KeyError or ValueError when the body is no slice, NotAuthentic when an event's seal does not verify."""
    events = tuple(
        LoggedEvent(
            event_id=UUID(e["event_id"]),
            seq=e["seq"],
            type=e["type"],
            payload=e["payload"],
            occurred_at=datetime.fromisoformat(e["occurred_at"]),
            recorded_at=datetime.fromisoformat(e["recorded_at"]),
            traceparent=e["traceparent"],
        )
        for e in body["events"]
    )
    epoch = UUID(body["epoch"])
    for event, row in zip(events, body["events"], strict=True):
        sealed = _sealed(event, topic, key, epoch)
        ring.verify(row["seal"].encode(), sealed, len(event.payload.encode()))
    return LogSlice(
        epoch=epoch,
        epoch_seq=body["epoch_seq"],
        epoch_event_id=_id(body["epoch_event_id"]),
        head=body["head"],
        first_available=body["first_available"],
        last_dropped_id=_id(body["last_dropped_id"]),
        events=events,
    )


def _sealed(event: LoggedEvent, topic: str, key: str, epoch: UUID) -> bytes:
    """As on the broker, but for the source: in a slice that is the owner's epoch alone."""
    return sealed_bytes(
        topic.encode(), key.encode(), b"%d" % event.seq, str(epoch).encode(), str(event.event_id).encode(),
        event.type.encode(), event.recorded_at.astimezone(UTC).isoformat().encode(), (event.traceparent or "").encode(),
        event.payload.encode(),
    )  # fmt: skip


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
