"""Comparing this consumer's marks with the owner's heads: who is behind, and who still lives in an old epoch."""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.messaging.arrivals import StreamKey
from shared.messaging.broker import Consumer, Ends
from shared.messaging.inbox import Inbox
from shared.messaging.streams import PAGE

AFTER_ALL_KEYS = "\U0010ffff"
MOST_LOOKS = 3  # a consumer that has not read in so many looks what was there is not waited for any longer


class Behind(NamedTuple):
    """Our last number of a stream, and the owner's."""

    last_seq: int
    head: int


async def behind_the_heads(
    inbox: Inbox, topic: str, changed_since: datetime | None
) -> AsyncIterator[tuple[str, Behind]]:
    """Unblocked streams whose head at the owner is beyond our mark, by key."""
    assert inbox.owners is not None
    after = ""
    since = None if changed_since is None else changed_since.isoformat()
    while True:
        _, heads = await inbox.owners.heads(topic, after=after, changed_since=since)
        keys = [head.key for head in heads]
        rows = await inbox.database.run(
            lambda tx, keys=keys: tx.raw.fetch(  # type: ignore[misc]
                "select key, last_seq, blocked_at from stream_seen where topic = $1 and key = any($2)", topic, keys
            )
        )
        marks = {row["key"]: row for row in rows}
        for head in heads:
            mark = marks.get(head.key)
            if mark is None:
                yield head.key, Behind(0, head.seq)
            elif mark["blocked_at"] is None and mark["last_seq"] < head.seq:
                yield head.key, Behind(mark["last_seq"], head.seq)
        if len(heads) < PAGE:
            return
        after = heads[-1].key


@dataclass(frozen=True, slots=True)
class Look:
    """One comparison: who was behind, and where the broker's partitions ended then."""

    consumer: Consumer | None
    ends: Ends
    behind: Mapping[StreamKey, Behind]


class Suspects:
    """Streams seen behind their owner's head, until it is known whether they only wait or have lost something.

    Being behind is what a busy stream looks like. Something is lost when the consumer has read all that the broker held
    then, and the mark has not moved. Pulling sooner would do the broker's work twice and wait for its locks. But it is
    not waited for ever: whatever keeps the consumer from reading on, what is missing is at the owner. A stream that has
    moved and is still short of that head stays suspect: its last events may be what was lost.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self._looks: deque[Look] = deque()
        self._short: dict[StreamKey, Behind] = {}
        self._lost: list[StreamKey] = []

    async def note(self, consumer: Consumer | None, behind: Mapping[StreamKey, Behind]) -> None:
        noted = self._short | dict(behind)
        if noted:
            ends = {} if consumer is None else await _ends(consumer)
            self._looks.append(Look(consumer, ends, noted))
        self._short = {}

    async def lost(self, consumer: Consumer | None) -> list[StreamKey]:
        """Suspects of earlier looks whose marks have not moved though the consumer is past what was there."""
        while self._looks and (len(self._looks) > MOST_LOOKS or await self._is_past(self._looks[0], consumer)):
            await self._settle(self._looks[0].behind)
            self._looks.popleft()  # only now: a database that did not answer is asked again
        found, self._lost = self._lost, []
        return found

    async def _is_past(self, look: Look, consumer: Consumer | None) -> bool:
        if consumer is None or consumer is not look.consumer:  # made anew, perhaps on another broker
            return True
        try:
            return await consumer.has_read(look.ends)
        except Exception:  # a broker that does not answer will not bring it either
            return True

    async def _settle(self, behind: Mapping[StreamKey, Behind]) -> None:
        """Their heads need not have changed lately."""
        rows = await self.inbox.database.run(
            lambda tx: tx.raw.fetch(
                """select a.topic, a.key, coalesce(s.last_seq, 0) as last_seq
                   from unnest($1::text[], $2::text[], $3::bigint[]) as a(topic, key, head)
                   left join stream_seen s using (topic, key)
                   where coalesce(s.last_seq, 0) < a.head and s.blocked_at is null""",
                [topic for topic, _ in behind], [key for _, key in behind], [one.head for one in behind.values()],
            )
        )  # fmt: skip
        for row in rows:
            stream = row["topic"], row["key"]
            if row["last_seq"] == behind[stream].last_seq:
                self._lost.append(stream)
            else:
                self._short[stream] = Behind(row["last_seq"], behind[stream].head)


async def _ends(consumer: Consumer) -> Ends:
    try:
        return await consumer.ends()
    except Exception:  # a broker that does not answer holds nothing to wait for
        return {}


async def streams_of_other_epochs(inbox: Inbox, topic: str, known: UUID | None) -> tuple[UUID, list[str]]:
    """The owner's epoch; and, when it is not the one we knew, our streams that have not stepped into it.

    A restored owner may not know a stream at all any more: only our own marks can tell (K16).
    """
    assert inbox.owners is not None
    epoch, _ = await inbox.owners.heads(topic, after=AFTER_ALL_KEYS, changed_since=None)
    if epoch == known:
        return epoch, []
    rows = await inbox.database.run(
        lambda tx: tx.raw.fetch(
            """select key from stream_seen
               where topic = $1 and epoch is not null and epoch <> $2 and blocked_at is null""",
            topic,
            epoch,
        )
    )
    return epoch, [row["key"] for row in rows]
