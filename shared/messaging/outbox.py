"""The way out: events become rows in the transaction of the change they announce, counted per (topic, key).

One set-based statement takes the `stream_head` row locks in key order, counts on, and inserts. Because the lock is held
until the commit, commit order is sequence order within a key. `position` is only for reading back in batches; it is
never a cursor (measured: a relay reading `position > last` lost 36 % under load).
"""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

import asyncpg

from shared.events import Event
from shared.messaging import faults
from shared.messaging.ids import new_id

SHARDS = 16

current_traceparent: ContextVar[str | None] = ContextVar("current_traceparent", default=None)
"""W3C trace context of what is being done; the chassis sets it per request, the consumer per batch."""

RECORD = """
with arriving as (
    select event_id, topic, key, type, payload, occurred_at, shard, traceparent, ord,
           row_number() over (partition by topic, key order by ord) as nth,
           count(*) over (partition by topic, key) as many,
           first_value(event_id) over (partition by topic, key order by ord desc) as last_id
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::smallint[],
                $8::text[])
         with ordinality as a(event_id, topic, key, type, payload, occurred_at, shard, traceparent, ord)
), head as (
    insert into stream_head as h (topic, key, seq, last_event_id, changed_at)
    select topic, key, many, last_id, clock_timestamp() from arriving where nth = 1 order by topic, key
    on conflict (topic, key) do update
        set seq = h.seq + excluded.seq, last_event_id = excluded.last_event_id, changed_at = excluded.changed_at
    returning h.topic, h.key, h.seq
)
insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, traceparent, occurred_at, shard)
select $9, a.event_id, a.topic, a.key, head.seq - a.many + a.nth, a.type, a.payload, a.traceparent, a.occurred_at,
       a.shard
from arriving a join head using (topic, key)
order by a.ord
"""


class Written(NamedTuple):
    """An event that is JSON already, for a hot path where a model in between costs more than its row (intake).

    Whoever writes one has a test that the catalogue reads the very event it stands for.
    """

    event: type[Event]
    key: str
    occurred_at: datetime
    payload: str


class Announced(NamedTuple):
    """An event with the id it will have, and the trace it was announced in (a batch may be of many)."""

    event_id: UUID
    event: "Event | Written"
    traceparent: str | None


def shard_of(key: str) -> int:
    return crc32(key.encode()) % SHARDS


def write(event: Event) -> Written:
    return Written(type(event), event.key, event.occurred_at, event.model_dump_json(exclude_none=True))


async def record(raw: "asyncpg.Connection[Any]", events: Sequence[Announced], *, recorded_at: datetime) -> None:
    """Write the announced events; called once per transaction, just before its commit."""
    ids, topics, keys, types, payloads, times, shards, traces = [], [], [], [], [], [], [], []
    for event_id, event, traceparent in events:
        kind, key, at, payload = event if isinstance(event, Written) else write(event)
        ids.append(event_id)
        topics.append(kind.topic)
        keys.append(key)
        types.append(kind.type)
        payloads.append(payload)
        times.append(at)
        shards.append(shard_of(key))
        traces.append(traceparent)
    await raw.execute(RECORD, ids, topics, keys, types, payloads, times, shards, traces, recorded_at)
    faults.point("outbox.before_commit")


async def make_partitions(raw: "asyncpg.Connection[Any]", now: datetime, months: int = 2) -> None:
    """A partition for this month and the next, so the log can be dropped by the month. Called at start and daily.

    Large payloads lie beside their rows, uncompressed: compressing them cost more than the rest of the row, and the
    relay's mark, which writes the row anew, need not copy them.
    """
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months):
        end = (start + timedelta(days=32)).replace(day=1)
        name = f"outbox_{start:%Y_%m}"
        taken = await raw.fetchval(
            "select to_regclass($1) is not null or exists (select from outbox_default where recorded_at >= $2 "
            "and recorded_at < $3)", name, start, end,
        )  # fmt: skip
        if not taken:
            await raw.execute(
                f"create table if not exists {name} partition of outbox "
                f"for values from ('{start.isoformat()}') to ('{end.isoformat()}')"
            )
            await raw.execute(f"alter table {name} alter payload set storage external")
        start = end


def with_ids(events: Sequence[Event | Written], ids: Sequence[UUID] | None) -> list[Announced]:
    traceparent = current_traceparent.get()
    if ids is None:
        return [Announced(new_id(), event, traceparent) for event in events]
    return [Announced(event_id, event, traceparent) for event_id, event in zip(ids, events, strict=True)]
