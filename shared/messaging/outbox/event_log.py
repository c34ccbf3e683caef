"""The owner's event log as subscribers read it: heads, slices of rows, and the epoch that a restore renews.

A subscriber that misses something asks here; what the broker forgot is still in the outbox, which is the log.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from shared.errors import invalid
from shared.messaging.database.transaction import Transaction
from shared.messaging.epochs import MAX_NUMBER, is_same_life, new_epoch, number_of, with_number
from shared.messaging.seal import KeyRing, sealed_bytes

log = structlog.get_logger(__name__)

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

    `epoch_seq` and `epoch_event_id` are up to where the log is still the one that the subscriber knew in its epoch: the
    least at which the stream stood when an epoch began after that one. None when it did not exist then, or the
    subscriber is in the present epoch. `head` is the stream's last number. What came before `first_available` was
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


async def read_slice(
    tx: Transaction, topic: str, key: str, first: int, *, seen_epoch: UUID | None = None, limit: int = PAGE_SIZE
) -> LogSlice:
    """Committed rows of one stream from the number `first` on, at most `limit`, as far as its log still has them.

    `seen_epoch` is the epoch that the subscriber's position is in.
    """
    bounds = await tx.raw.fetchrow(
        """select e.epoch, coalesce(s.seq, 0) as head,
                  coalesce(c.seq, 0) + 1 as first_available, c.event_id as last_dropped_id
           from stream_epoch e
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
    common = None
    if seen_epoch is not None and seen_epoch != bounds["epoch"]:
        common = await _last_in_common(tx, topic, key, seen_epoch)
    return LogSlice(
        epoch=bounds["epoch"],
        epoch_seq=None if common is None else common[0],
        epoch_event_id=None if common is None else common[1],
        head=bounds["head"],
        first_available=bounds["first_available"],
        last_dropped_id=bounds["last_dropped_id"],
        events=tuple(LoggedEvent(**dict(row)) for row in rows),
    )


async def _last_in_common(tx: Transaction, topic: str, key: str, seen: UUID) -> tuple[int, UUID] | None:
    """The last number, with its event, before which no later epoch than `seen` has begun; None where that is none."""
    rows = await tx.raw.fetch(
        """select b.epoch, h.seq, h.last_event_id from epoch_begin b
           left join epoch_head h on h.life = b.life and h.topic = $1 and h.key = $2
           where b.epoch > $3 order by h.seq nulls first""",
        topic, key, seen,
    )  # fmt: skip
    later = [row for row in rows if not is_same_life(row["epoch"], seen)]
    return (later[0]["seq"], later[0]["last_event_id"]) if later and later[0]["seq"] is not None else None


async def renew_epoch(connection: "asyncpg.Connection[Any]", *, highest_seen: int = 0) -> UUID:
    """Begin a new epoch: this database came back from a backup, and numbers after its heads are new facts (K16).

    `highest_seen` is the highest number of an epoch of this owner that anybody is known to have seen: the backup may be
    older than an earlier restore. Where it is not known, subscribers that have seen a higher one say so
    (`outrank_epoch`).
    """
    async with connection.transaction():
        before: UUID = await connection.fetchval("select epoch from stream_epoch for update")
        epoch = new_epoch(max(number_of(before), highest_seen) + 1)
        life: int = await connection.fetchval(
            "insert into epoch_begin (epoch, began_at) values ($1, clock_timestamp()) returning life", epoch
        )
        await connection.execute(
            """insert into epoch_head (life, topic, key, seq, last_event_id)
               select $1, topic, key, seq, last_event_id from stream_head""",
            life,
        )
        await connection.execute("update stream_epoch set epoch = $1, started_at = clock_timestamp()", epoch)
    return epoch


async def outrank_epoch(tx: Transaction, seen: UUID) -> UUID:
    """Count the present epoch beyond one that a subscriber has seen of this owner, when that is another one.

    The owner came back from a backup that did not know of it. The life stays the same, with the heads it began at.
    Returns the present epoch. Raises DomainError epoch_out_of_range for a number that no owner can have reached.
    """
    present: UUID = await tx.raw.fetchval("select epoch from stream_epoch for update")
    if is_same_life(seen, present) or number_of(seen) < number_of(present):
        return present
    if number_of(seen) >= MAX_NUMBER:
        raise invalid("epoch_out_of_range", "No owner has lived so often.")
    outranking = with_number(present, number_of(seen) + 1)
    await tx.raw.execute("update stream_epoch set epoch = $1", outranking)
    await tx.raw.execute("update epoch_begin set epoch = $1 where epoch = $2", outranking, present)
    log.warning("epoch_outranks", seen=number_of(seen), was=number_of(present), now=number_of(outranking))
    return outranking


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
