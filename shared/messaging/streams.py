"""The owner's side of a pull: heads and rows of its event log, and the epoch that a restore renews.

A subscriber that misses something asks here; what the broker forgot is still in the outbox, which is the log.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.messaging.ids import new_id
from shared.messaging.transaction import Transaction

PAGE = 1000
OVERLAP = timedelta(minutes=5)  # a head's change can commit later than its clock says
LONGEST_COMMIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Head:
    key: str
    seq: int
    last_event_id: UUID


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A committed event as the owner's log has it."""

    event_id: UUID
    seq: int
    type: str
    payload: str
    occurred_at: datetime
    recorded_at: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows `first..` of one stream; the epoch and where the stream stood when it began; where its log begins."""

    epoch: UUID
    epoch_seq: int | None  # None: the stream did not exist, or the first epoch is still on
    epoch_event_id: UUID | None
    head: int
    begins: int  # what came before this number went with a month of the log
    last_gone_id: UUID | None
    events: tuple[LoggedEvent, ...]


async def read_heads(
    tx: Transaction, topic: str, *, after: str = "", changed_since: datetime | None = None, limit: int = PAGE
) -> tuple[UUID, list[Head]]:
    """One page of heads by key, all of them or those changed lately; with the owner's epoch."""
    since = None if changed_since is None else changed_since - OVERLAP
    rows = await tx.raw.fetch(
        """select key, seq, last_event_id from stream_head
           where topic = $1 and key > $2 and ($3::timestamptz is null or changed_at >= $3) order by key limit $4""",
        topic, after, since, limit,
    )  # fmt: skip
    return await read_epoch(tx), [Head(r["key"], r["seq"], r["last_event_id"]) for r in rows]


async def read_epoch(tx: Transaction) -> UUID:
    epoch: UUID = await tx.raw.fetchval("select epoch from stream_epoch")
    return epoch


async def is_settled(tx: Transaction, instant: datetime, skew: timedelta) -> bool:
    """Whether everything recorded by then is committed, so that the heads can tell it.

    A transaction takes its instant (`tx.at`) after its BEGIN: one that could still record something of that instant or
    before is open since then, or has yet to begin on a machine whose clock is slow by less than `skew`. A transaction
    that hangs is not waited for for ever.
    """
    latest = instant + skew
    if tx.at < latest:
        return False
    if tx.at - latest > LONGEST_COMMIT:
        return True
    return not await tx.raw.fetchval(
        """select exists (
               select from pg_stat_activity
               where datname = current_database() and application_name = current_setting('application_name')
                 and xact_start <= $1 and pid <> pg_backend_pid()
           )""",
        latest,
    )


async def read_stretch(tx: Transaction, topic: str, key: str, first: int, *, limit: int = PAGE) -> Stretch:
    """Committed rows first..head of one stream, at most `limit`, as far as its log still has them."""
    start = await tx.raw.fetchrow(
        """select e.epoch, h.seq, h.last_event_id, coalesce(s.seq, 0) as head, coalesce(c.seq, 0) + 1 as begins,
                  c.event_id as last_gone_id
           from stream_epoch e
           left join epoch_head h on h.topic = $1 and h.key = $2
           left join stream_head s on s.topic = $1 and s.key = $2
           left join outbox_cut c on c.topic = $1 and c.key = $2""",
        topic, key,
    )  # fmt: skip
    assert start is not None
    rows = await tx.raw.fetch(
        """select event_id, seq, type, payload, occurred_at, recorded_at, traceparent from outbox
           where topic = $1 and key = $2 and seq >= $3 order by seq limit $4""",
        topic, key, max(first, start["begins"]), limit,
    )  # fmt: skip
    return Stretch(
        epoch=start["epoch"],
        epoch_seq=start["seq"],
        epoch_event_id=start["last_event_id"],
        head=start["head"],
        begins=start["begins"],
        last_gone_id=start["last_gone_id"],
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


def stretch_as_json(stretch: Stretch) -> dict[str, Any]:
    return asdict(stretch)


def stretch_from_json(body: dict[str, Any]) -> Stretch:
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
    return Stretch(
        epoch=UUID(body["epoch"]),
        epoch_seq=body["epoch_seq"],
        epoch_event_id=_id(body["epoch_event_id"]),
        head=body["head"],
        begins=body.get("begins", 1),  # an owner of the release before this one has its whole log
        last_gone_id=_id(body.get("last_gone_id")),
        events=events,
    )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
