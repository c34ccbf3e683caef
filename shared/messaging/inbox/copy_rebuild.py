"""Copies are made anew from their owners' logs while the system runs: forget the rows, take the same events again.

A few keys at a time, in one transaction under the locks of their streams, up to where each stream was read. So whoever
reads sees the old rows or the new ones, and what comes meanwhile waits a moment and is added to the new ones.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.messaging.copies import Copy
from shared.messaging.database.transaction import Transaction
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.positions import lock_positions, position_of
from shared.messaging.inbox.received import (
    ReceivedEvent,
    StreamKey,
    StreamPosition,
    batches_by_type,
    from_log,
)

KEYS_AT_ONCE = 20  # in one transaction: whoever writes to these customers waits for it
READS_AT_ONCE = 8


class NotRebuilt(Exception):
    """A key whose rows stay as they are; the text is a code."""


class _KeysJoined(Exception):
    """A row came over from another key while the logs were read: both are made anew together."""


@dataclass(slots=True)
class RebuiltPage:
    """How many keys were made anew, those that were left with why (a code), and the key to go on after, if any."""

    rebuilt: int = 0
    left: dict[str, str] = field(default_factory=dict)
    next_after: str | None = None


async def rebuild_page(inbox: Inbox, copy: Copy, after: str, limit: int) -> RebuiltPage:
    """The next keys of a copy after the key `after`, at most `limit`. Raises what keeps an owner from answering."""
    keys = await inbox.database.run(lambda tx: _list_keys(tx, copy.topics, after, limit))
    page = RebuiltPage(next_after=keys[-1] if len(keys) == limit else None)
    for start in range(0, len(keys), KEYS_AT_ONCE):
        await _rebuild_or_leave(inbox, copy, keys[start : start + KEYS_AT_ONCE], page)
    return page


async def _rebuild_or_leave(inbox: Inbox, copy: Copy, keys: Sequence[str], page: RebuiltPage) -> None:
    """Together; and where that can not be, each alone, so that only the key that is in the way is left."""
    try:
        await rebuild_keys(inbox, copy, keys)
        page.rebuilt += len(keys)
    except NotRebuilt as error:
        if len(keys) == 1:
            page.left[keys[0]] = str(error)
            return
        for key in keys:
            await _rebuild_or_leave(inbox, copy, [key], page)


async def rebuild_keys(inbox: Inbox, copy: Copy, keys: Sequence[str]) -> None:
    """Make the rows of these keys anew, and of those from which rows came over to them. Raises NotRebuilt, and then
    nothing has changed."""
    read: dict[StreamKey, list[ReceivedEvent]] = {}
    while True:
        together = await _read_together(inbox, copy, keys, read)
        try:
            await _rebuild_together(inbox, copy, sorted(together), read)
            return
        except _KeysJoined:
            continue


async def _read_together(
    inbox: Inbox, copy: Copy, keys: Sequence[str], read: dict[StreamKey, list[ReceivedEvent]]
) -> set[str]:
    """Read the logs of these keys, and of all from which rows came over to them; which keys they are."""
    together: set[str] = set()
    joined = set(keys)
    while joined - together:
        together |= joined
        positions = await inbox.database.run(partial(_find_positions, copy=copy, keys=sorted(together)))
        await _read_logs(inbox, positions, read)
        joined = _keys_before(inbox, copy, read)
    return together


def _keys_before(inbox: Inbox, copy: Copy, read: dict[StreamKey, list[ReceivedEvent]]) -> set[str]:
    """The keys that rows had before events of these logs moved them."""
    moves = [event for events in read.values() for event in events if event.type in copy.moves]
    keys = (copy.moves[event.type](inbox.parse([event])[0]) for event in moves)
    return {key for key in keys if key is not None}


async def _rebuild_together(
    inbox: Inbox, copy: Copy, keys: Sequence[str], read: dict[StreamKey, list[ReceivedEvent]]
) -> None:
    async def work(tx: Transaction) -> None:
        streams = set(await _find_positions(tx, copy, keys))
        locked = await lock_positions(tx, streams) if streams else {}
        await _read_logs(inbox, locked, read)  # what came since, which is little; nothing more can come now
        if not _keys_before(inbox, copy, read) <= set(keys):
            raise _KeysJoined
        if inbox.subscriptions.locker is not None:
            await inbox.subscriptions.locker(tx, sorted({key for _, key in streams} | set(keys)))
        await copy.forget(tx, keys)
        holes = await _list_holes(tx, streams)
        for batch in batches_by_type(_to_apply(copy, locked, read, holes)):
            events = inbox.parse(batch)
            for handler in copy.handlers[batch[0].type]:
                await handler(tx, events)
        if copy.complete is not None:
            await copy.complete(tx, keys)
        if tx.announced:
            raise RuntimeError(f"a handler of the copy {copy.name} announces: it does more than keep the copy")

    await inbox.database.run(work)


def _to_apply(
    copy: Copy,
    positions: dict[StreamKey, StreamPosition],
    read: dict[StreamKey, list[ReceivedEvent]],
    holes: set[tuple[str, str, int]],
) -> dict[StreamKey, list[ReceivedEvent]]:
    """What took effect here, of the types the copy is made of: up to each position, less what was gone past."""
    queues = {
        stream: [
            event
            for event in read.get(stream, ())
            if event.seq <= position.last_seq and event.type in copy.handlers and (*stream, event.seq) not in holes
        ]
        for stream, position in positions.items()
    }
    return {stream: queue for stream, queue in queues.items() if queue}


async def _read_logs(
    inbox: Inbox, positions: dict[StreamKey, StreamPosition], read: dict[StreamKey, list[ReceivedEvent]]
) -> None:
    """Read on, in each owner's log, from what was read to the position. Raises NotRebuilt where the log has not all."""
    slots = asyncio.Semaphore(READS_AT_ONCE)

    async def read_on(stream: StreamKey, position: StreamPosition) -> None:
        async with slots:
            await _read_log(inbox, stream, position, read.setdefault(stream, []))

    await asyncio.gather(*(read_on(stream, position) for stream, position in positions.items()))


async def _read_log(inbox: Inbox, stream: StreamKey, position: StreamPosition, events: list[ReceivedEvent]) -> None:
    assert inbox.log_client is not None
    while (events[-1].seq if events else 0) < position.last_seq:
        first = events[-1].seq + 1 if events else 1
        log_slice = await inbox.log_client.read_slice(*stream, first, position.epoch)
        if log_slice.first_available > first:
            raise NotRebuilt("log_begins_later")  # its months were dropped: what they said is only here
        if log_slice.epoch != position.epoch:
            raise NotRebuilt("epoch_to_align")  # the owner came back from a backup: the consumer sees to that first
        received = from_log(*stream, log_slice)
        if not received:
            raise NotRebuilt("position_beyond_log")  # rebuild the positions first
        events.extend(received)


async def _list_keys(tx: Transaction, topics: Collection[str], after: str, limit: int) -> list[str]:
    rows = await tx.raw.fetch(
        """select distinct key from (
               select key from unnest($1::text[]) as t(topic), lateral (
                   select key from stream_seen s where s.topic = t.topic and s.key > $2 order by s.key limit $3
               ) of_topic
           ) keys order by key limit $3""",
        sorted(topics), after, limit,
    )  # fmt: skip
    return [row["key"] for row in rows]


async def _find_positions(tx: Transaction, copy: Copy, keys: Sequence[str]) -> dict[StreamKey, StreamPosition]:
    """Where the copy's streams under these keys stand, and under those that facts of the same rows came under."""
    concerned = set(keys)
    if copy.keys_of is not None:
        concerned |= set(await copy.keys_of(tx, keys))
    rows = await tx.raw.fetch(
        """select topic, key, epoch, last_seq, last_event_id, blocked_at from stream_seen
           where topic = any($1) and key = any($2) and last_seq > 0""",
        sorted(copy.topics), sorted(concerned),
    )  # fmt: skip
    return {(row["topic"], row["key"]): position_of(row) for row in rows}


async def _list_holes(tx: Transaction, streams: Iterable[StreamKey]) -> set[tuple[str, str, int]]:
    """Numbers that were gone past without effect."""
    streams = list(streams)
    rows = await tx.raw.fetch(
        """select h.topic, h.key, seq from stream_hole h
           join unnest($1::text[], $2::text[]) as a(topic, key) using (topic, key)
           where h.reason <> 'log_cut'""",
        [topic for topic, _ in streams], [key for _, key in streams],
    )  # fmt: skip
    return {(row["topic"], row["key"], row["seq"]) for row in rows}
