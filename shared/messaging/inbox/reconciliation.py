"""Comparing this consumer's positions with the owners' heads: who lags behind, and who still lives in an old epoch."""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.messaging.broker.interface import Consumer, Offsets
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.received import StreamKey
from shared.messaging.outbox.event_log import PAGE_SIZE

AFTER_ALL_KEYS = "\U0010ffff"
MAX_OBSERVATIONS = 3  # a consumer that did not read what was there during so many comparisons is waited for no longer


class Lag(NamedTuple):
    """This service's last number of a stream, and the owner's."""

    last_seq: int
    head: int


async def lagging_streams(inbox: Inbox, topic: str, changed_since: datetime | None) -> AsyncIterator[tuple[str, Lag]]:
    """Unblocked streams of a topic whose head at the owner is beyond this service's position, by key.

    Of all heads, or of those that changed since an instant of the owner's clock. Raises when the owner does not answer.
    """
    assert inbox.log_client is not None
    after = ""
    while True:
        heads = (await inbox.log_client.read_heads(topic, after=after, changed_since=changed_since)).heads
        keys = [head.key for head in heads]
        rows = await inbox.database.run(
            lambda tx, keys=keys: tx.raw.fetch(  # type: ignore[misc]
                "select key, last_seq, blocked_at from stream_seen where topic = $1 and key = any($2)", topic, keys
            )
        )
        positions = {row["key"]: row for row in rows}
        for head in heads:
            position = positions.get(head.key)
            if position is None:
                yield head.key, Lag(0, head.seq)
            elif position["blocked_at"] is None and position["last_seq"] < head.seq:
                yield head.key, Lag(position["last_seq"], head.seq)
        if len(heads) < PAGE_SIZE:
            return
        after = heads[-1].key


@dataclass(frozen=True, slots=True)
class LagObservation:
    """One comparison: which streams lagged behind, and where the broker's partitions ended then."""

    consumer: Consumer | None
    ends: Offsets
    lags: Mapping[StreamKey, Lag]


class LagDetector:
    """Tells streams that only wait from those that have lost something.

    Lagging behind the owner's head is what a busy stream looks like. Something is lost when the consumer has read all
    that the broker held then, and the position has not moved. Pulling sooner would do the broker's work twice and wait
    for its locks. But it is not waited for ever: whatever keeps the consumer from reading on, what is missing is at
    the owner. A stream that has moved and is still short of that head stays suspect: its last events may be what was
    lost. It is used by one comparison at a time.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self._observations: deque[LagObservation] = deque()
        self._still_short: dict[StreamKey, Lag] = {}
        self._lost: list[StreamKey] = []

    async def observe(self, consumer: Consumer | None, lags: Mapping[StreamKey, Lag]) -> None:
        """Remember what lags now, with what the broker holds now."""
        observed = self._still_short | dict(lags)
        if observed:
            ends = {} if consumer is None else await _ends(consumer)
            self._observations.append(LagObservation(consumer, ends, observed))
        self._still_short = {}

    async def find_lost(self, consumer: Consumer | None) -> list[StreamKey]:
        """Streams observed earlier whose positions have not moved though the consumer is past what was there."""
        while self._observations and (
            len(self._observations) > MAX_OBSERVATIONS or await self._is_past(self._observations[0], consumer)
        ):
            await self._evaluate(self._observations[0].lags)
            self._observations.popleft()  # only now: a database that did not answer is asked again
        lost, self._lost = self._lost, []
        return lost

    async def _is_past(self, observation: LagObservation, consumer: Consumer | None) -> bool:
        if consumer is None or consumer is not observation.consumer:  # made anew, perhaps on another broker
            return True
        try:
            return await consumer.has_read(observation.ends)
        except Exception:  # a broker that does not answer will not bring it either
            return True

    async def _evaluate(self, lags: Mapping[StreamKey, Lag]) -> None:
        """Sort what lagged into lost and still short. Asked of the database: heads need not have changed lately."""
        rows = await self.inbox.database.run(
            lambda tx: tx.raw.fetch(
                """select a.topic, a.key, coalesce(s.last_seq, 0) as last_seq
                   from unnest($1::text[], $2::text[], $3::bigint[]) as a(topic, key, head)
                   left join stream_seen s using (topic, key)
                   where coalesce(s.last_seq, 0) < a.head and s.blocked_at is null""",
                [topic for topic, _ in lags], [key for _, key in lags], [lag.head for lag in lags.values()],
            )
        )  # fmt: skip
        for row in rows:
            stream = row["topic"], row["key"]
            if row["last_seq"] == lags[stream].last_seq:
                self._lost.append(stream)
            else:
                self._still_short[stream] = Lag(row["last_seq"], lags[stream].head)


async def _ends(consumer: Consumer) -> Offsets:
    try:
        return await consumer.ends()
    except Exception:  # a broker that does not answer holds nothing to wait for
        return {}


class OwnersLife(NamedTuple):
    """An owner's epoch and its own time, both before its heads are read for a comparison."""

    epoch: UUID
    as_of: datetime


async def read_owners_life(inbox: Inbox, topic: str) -> OwnersLife:
    """Which epoch the owner of a topic is in, and its time. Raises when it does not answer."""
    assert inbox.log_client is not None
    page = await inbox.log_client.read_heads(topic, after=AFTER_ALL_KEYS, changed_since=None)
    return OwnersLife(page.epoch, page.as_of)


async def streams_of_other_epochs(inbox: Inbox, topic: str, epoch: UUID) -> list[str]:
    """Keys of the streams whose position is in another epoch than this.

    A restored owner may not know a stream at all any more: only this service's own positions can tell (K16).
    """
    rows = await inbox.database.run(
        lambda tx: tx.raw.fetch(
            """select key from stream_seen
               where topic = $1 and epoch is not null and epoch <> $2 and blocked_at is null""",
            topic,
            epoch,
        )
    )
    return [row["key"] for row in rows]
