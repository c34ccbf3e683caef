"""How far this service has read each stream (table `stream_seen`), locked in the transaction of the effects."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from shared.messaging.database.transaction import Transaction
from shared.messaging.inbox.received import ReceivedEvent, StreamKey, StreamPosition

LOCK = """
select s.topic, s.key, s.epoch, s.last_seq, s.last_event_id, s.blocked_at
from stream_seen s join unnest($1::text[], $2::text[]) as a(topic, key) using (topic, key)
order by s.topic, s.key for update of s
"""
LOCK_OR_INSERT = f"""
with known as ({LOCK}), inserted as (
    insert into stream_seen (topic, key, last_seq)
    select topic, key, 0 from (select * from unnest($1::text[], $2::text[]) except all select topic, key from known)
         as missing(topic, key) order by topic, key
    on conflict do nothing
    returning topic, key, epoch, last_seq, last_event_id, blocked_at
)
select * from known union all select * from inserted
"""


async def lock_positions(
    tx: Transaction, streams: set[StreamKey], *, some_are_new: bool = False
) -> dict[StreamKey, StreamPosition]:
    """Lock the positions of these streams in key order, inserting the missing ones at 0. Returns one for each stream.

    `some_are_new` says that some are probably missing, and saves the query that finds out.
    """
    ordered = sorted(streams)
    topics, keys = [topic for topic, _ in ordered], [key for _, key in ordered]
    rows = await tx.raw.fetch(LOCK_OR_INSERT if some_are_new else LOCK, topics, keys)
    while len(rows) < len(ordered):  # missing, or inserted by somebody else in this moment: then they are there to lock
        rows = await tx.raw.fetch(LOCK_OR_INSERT, topics, keys)
    return {(row["topic"], row["key"]): position_of(row) for row in rows}


def position_of(row: "asyncpg.Record") -> StreamPosition:
    """The position that a row of `stream_seen` says."""
    return StreamPosition(row["epoch"], row["last_seq"], row["last_event_id"], row["blocked_at"] is not None)


async def save_positions(tx: Transaction, last_events: Sequence[ReceivedEvent]) -> None:
    """Advance each stream's position to its last event, and unblock it."""
    await tx.raw.execute(
        """update stream_seen s set epoch = a.epoch, last_seq = a.seq, last_event_id = a.event_id, blocked_at = null
           from unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[])
                as a(topic, key, epoch, seq, event_id)
           where s.topic = a.topic and s.key = a.key""",
        [e.topic for e in last_events], [e.key for e in last_events], [e.epoch for e in last_events],
        [e.seq for e in last_events], [e.event_id for e in last_events],
    )  # fmt: skip


async def unblock(tx: Transaction, topic: str, key: str) -> None:
    """Let a stream go on from where it is."""
    await tx.raw.execute("update stream_seen set blocked_at = null where topic = $1 and key = $2", topic, key)


async def read_position(tx: Transaction, topic: str, key: str) -> StreamPosition:
    """One stream's position, unlocked; of a stream nothing was ever read of, the position before its first event."""
    row = await tx.raw.fetchrow(
        "select epoch, last_seq, last_event_id, blocked_at from stream_seen where topic = $1 and key = $2", topic, key
    )
    if row is None:
        return StreamPosition()
    return position_of(row)


async def list_not_past(tx: Transaction, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> list[str]:
    """Keys of a topic whose position is short of these numbers (by key) of that epoch, or waits for an operator."""
    rows = await tx.raw.fetch(
        """select a.key from unnest($3::text[], $4::bigint[]) as a(key, seq)
           left join stream_seen s on s.topic = $1 and s.key = a.key
           where s.epoch is distinct from $2 or s.last_seq < a.seq or s.blocked_at is not null order by a.key""",
        topic, epoch, list(last_seqs), list(last_seqs.values()),
    )  # fmt: skip
    return [row["key"] for row in rows]
