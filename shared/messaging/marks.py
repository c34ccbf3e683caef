"""The marks: how far this service has come in each stream (`stream_seen`), locked in the transaction of the effects."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.messaging.arrivals import Arrival, Mark, StreamKey
from shared.messaging.transaction import Transaction

LOCK = """
select s.topic, s.key, s.epoch, s.last_seq, s.last_event_id, s.blocked_at
from stream_seen s join unnest($1::text[], $2::text[]) as a(topic, key) using (topic, key)
order by s.topic, s.key for update of s
"""
LOCK_OR_MAKE = f"""
with known as ({LOCK}), made as (
    insert into stream_seen (topic, key, last_seq)
    select topic, key, 0 from (select * from unnest($1::text[], $2::text[]) except all select topic, key from known)
         as missing(topic, key) order by topic, key
    on conflict do nothing
    returning topic, key, epoch, last_seq, last_event_id, blocked_at
)
select * from known union all select * from made
"""


async def lock_marks(tx: Transaction, streams: set[StreamKey], *, beginning: bool = False) -> dict[StreamKey, Mark]:
    """Lock the marks of these streams in key order, making the missing ones.

    `beginning` says that some are probably missing, and saves the look that finds out.
    """
    ordered = sorted(streams)
    topics, keys = [t for t, _ in ordered], [k for _, k in ordered]
    rows = await tx.raw.fetch(LOCK_OR_MAKE if beginning else LOCK, topics, keys)
    while len(rows) < len(ordered):  # missing, or made by somebody else in this moment: then they are there to lock
        rows = await tx.raw.fetch(LOCK_OR_MAKE, topics, keys)
    return {
        (r["topic"], r["key"]): Mark(r["epoch"], r["last_seq"], r["last_event_id"], r["blocked_at"] is not None)
        for r in rows
    }


async def save_marks(tx: Transaction, last: Sequence[Arrival]) -> None:
    """Advance the marks to these events, and free their keys."""
    await tx.raw.execute(
        """update stream_seen s set epoch = a.epoch, last_seq = a.seq, last_event_id = a.event_id, blocked_at = null
           from unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[])
                as a(topic, key, epoch, seq, event_id)
           where s.topic = a.topic and s.key = a.key""",
        [a.topic for a in last], [a.key for a in last], [a.epoch for a in last], [a.seq for a in last],
        [a.event_id for a in last],
    )  # fmt: skip


async def unblock(tx: Transaction, arrival: Arrival) -> None:
    await tx.raw.execute(
        "update stream_seen set blocked_at = null where topic = $1 and key = $2", arrival.topic, arrival.key
    )


async def read_mark(tx: Transaction, topic: str, key: str) -> Mark:
    row = await tx.raw.fetchrow(
        "select epoch, last_seq, last_event_id, blocked_at from stream_seen where topic = $1 and key = $2", topic, key
    )
    return (
        Mark()
        if row is None
        else Mark(row["epoch"], row["last_seq"], row["last_event_id"], row["blocked_at"] is not None)
    )


async def list_not_past(tx: Transaction, topic: str, epoch: UUID, ends: Mapping[str, int]) -> list[str]:
    """Keys whose mark is short of these numbers of that epoch, or waits for an operator."""
    rows = await tx.raw.fetch(
        """select a.key from unnest($3::text[], $4::bigint[]) as a(key, seq)
           left join stream_seen s on s.topic = $1 and s.key = a.key
           where s.epoch is distinct from $2 or s.last_seq < a.seq or s.blocked_at is not null order by a.key""",
        topic, epoch, list(ends), list(ends.values()),
    )  # fmt: skip
    return [row["key"] for row in rows]
