"""How long the event log is kept: a month goes when it is over, sent, and behind the position of every subscriber.

Months go in their order, so what is left of a stream is always its latest part, and `outbox_cut` says after which
number that begins. Whatever is in doubt stays: the next housekeeping asks again.
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter

import asyncpg
import structlog

from shared.messaging.database.transaction import Database, Transaction
from shared.messaging.outbox.event_log import PAGE_SIZE, read_epoch
from shared.messaging.outbox.subscriber_positions import SubscriberPositions

log = structlog.get_logger(__name__)

RETENTION_LOCK = 7_061_726_722  # any number, the same in all replicas
LOCK_TIMEOUT = "1s"  # for those who use the log; whoever announces something waits behind us meanwhile
PARTITION = re.compile(r"outbox_(\d{4})_(\d{2})")  # as `make_partitions` names them: never the default one


@dataclass(frozen=True, slots=True)
class Month:
    """A partition of the outbox and the month it holds: from `start`, up to and without `end`."""

    partition: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class MonthContent:
    """What of a month's rows decides whether it may go, and whether it is still what subscribers were asked about."""

    last_position: int | None
    unsent: bool
    follows_older: bool


async def drop_old_months(
    database: Database, subscribers: SubscriberPositions, keep_days: int, now: datetime
) -> list[str]:
    """Drop the months of the outbox that ended `keep_days` before `now` and that nobody needs any more.

    Returns the names of their partitions. `keep_days` 0 keeps all for ever.
    """
    dropped: list[str] = []
    await database.run(forget_notes_without_events)
    if keep_days == 0:
        return dropped
    for month in await database.run(lambda tx: _expired_months(tx, now - timedelta(days=keep_days))):
        content = await database.run(lambda tx, month=month: _read_content(tx, month))  # type: ignore[misc]
        reason = await _reason_to_keep(database, subscribers, month, content)
        if reason is not None:
            log.info("month_kept", partition=month.partition, because=reason)
            break
        async with database.transaction() as tx:  # one attempt: the hour after will do, others need the log now
            dropped_here = await _drop(tx, month, content)
        if dropped_here:
            dropped.append(month.partition)
            log.info("month_dropped", partition=month.partition)
    return dropped


async def forget_notes_without_events(tx: Transaction) -> None:
    """Delete notes that an event is unsent where the log has no such event: an administrator took it out, or a backup
    that was restored had no more of it. Nobody could ever send it, and its note would wait for that for ever."""
    forgotten = await tx.raw.fetch(
        """delete from outbox_unsent note where not exists (
               select from outbox o where o.position = note.position and o.recorded_at = note.recorded_at)
           returning note.position"""
    )
    if forgotten:
        log.warning("notes_without_events_forgotten", notes=len(forgotten), first=forgotten[0]["position"])


async def _expired_months(tx: Transaction, by: datetime) -> list[Month]:
    rows = await tx.raw.fetch(
        """select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'outbox'::regclass order by c.relname"""
    )
    months = (_month_of(row["name"]) for row in rows)
    return [month for month in months if month is not None and month.end <= by]


def _month_of(partition: str) -> Month | None:
    year_and_month = PARTITION.fullmatch(partition)
    if year_and_month is None:
        return None
    start = datetime(int(year_and_month[1]), int(year_and_month[2]), 1, tzinfo=UTC)
    return Month(partition, start, (start + timedelta(days=32)).replace(day=1))


async def _read_content(tx: Transaction, month: Month) -> MonthContent:
    """Read from the whole log by time, so that a month another replica has dropped meanwhile is simply empty."""
    row = await tx.raw.fetchrow(
        """select max(position) as last_position,
                  exists (select from outbox_unsent where recorded_at >= $1 and recorded_at < $2) as unsent,
                  exists (select from outbox where recorded_at < $1) as follows_older
           from outbox where recorded_at >= $1 and recorded_at < $2""",
        month.start, month.end,
    )  # fmt: skip
    assert row is not None
    return MonthContent(**dict(row))


async def _reason_to_keep(
    database: Database, subscribers: SubscriberPositions, month: Month, content: MonthContent
) -> str | None:
    if content.unsent:
        return "not all of it is sent"
    if content.follows_older:
        return "older events are in the log, where no month goes"
    epoch = await database.run(read_epoch)
    async for topic, last_seqs in _last_seqs(database, month):
        reason = await subscribers.reason_to_keep(topic, epoch, last_seqs)
        if reason is not None:
            return reason
    return None


async def _last_seqs(database: Database, month: Month) -> AsyncIterator[tuple[str, dict[str, int]]]:
    """The last number of each stream, in pages of one topic; no transaction is open while somebody is asked."""
    after = ("", "")
    while rows := await database.run(lambda tx, after=after: _page(tx, month, *after)):  # type: ignore[misc]
        for topic, streams in groupby(rows, itemgetter("topic")):
            yield topic, {row["key"]: row["seq"] for row in streams}
        after = (rows[-1]["topic"], rows[-1]["key"])


async def _page(tx: Transaction, month: Month, topic: str, key: str) -> "Sequence[asyncpg.Record]":
    rows: Sequence[asyncpg.Record] = await tx.raw.fetch(
        """select topic, key, max(seq) as seq from outbox
           where recorded_at >= $1 and recorded_at < $2 and (topic, key) > ($3, $4)
           group by topic, key order by topic, key limit $5""",
        month.start, month.end, topic, key, PAGE_SIZE,
    )  # fmt: skip
    return rows


async def _drop(tx: Transaction, month: Month, content: MonthContent) -> bool:
    """Write down where each stream begins now, then drop the month. False when another replica was quicker.

    Raises RuntimeError when the month is no longer what `content` says.

    The lock on the log comes last: what takes long is done before, and whoever announces something waits for the drop
    alone. It also keeps the month for a `patron verify` that looks at it: such a lock is not given within our wait.
    """
    await tx.raw.execute("select pg_advisory_xact_lock($1)", RETENTION_LOCK)
    if await tx.raw.fetchval("select to_regclass($1) is null", month.partition):
        return False
    await tx.raw.execute(
        """insert into outbox_cut as c (topic, key, seq, event_id, partition, recorded_before, cut_at)
           select distinct on (topic, key) topic, key, seq, event_id, $3, $2, $4
           from outbox where recorded_at >= $1 and recorded_at < $2
           order by topic desc, key desc, seq desc  -- the index backwards: nothing is sorted
           on conflict (topic, key) do update
               set seq = excluded.seq, event_id = excluded.event_id, partition = excluded.partition,
                   recorded_before = excluded.recorded_before, cut_at = excluded.cut_at
               where excluded.seq > c.seq""",
        month.start, month.end, month.partition, tx.at,
    )  # fmt: skip
    await tx.raw.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
    await tx.raw.execute("lock table outbox in access exclusive mode")
    if await _read_content(tx, month) != content:
        raise RuntimeError(f"something was recorded in {month.partition} after its end")
    await tx.raw.execute("select drop_outbox_partition($1)", month.partition)
    return True
