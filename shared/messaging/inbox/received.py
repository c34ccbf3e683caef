"""Events as they were received, from a message or an owner's log, classified against the positions. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as parse_id

from shared.messaging.broker.interface import Message
from shared.messaging.epochs import is_earlier
from shared.messaging.outbox.event_log import LogSlice
from shared.messaging.seal import SEAL, KeyRing, NotAuthentic, sealed_bytes

StreamKey = tuple[str, str]  # (topic, key)
MAX_KEY_BYTES = 200  # Patron's own keys are ids


class ReceivedEvent(NamedTuple):
    """An event with its envelope, its payload not parsed yet. `seq` counts 1, 2, 3 … within (topic, key)."""

    topic: str
    key: str
    seq: int
    epoch: UUID
    event_id: UUID
    type: str
    payload: bytes
    recorded_at: datetime
    traceparent: str | None = None

    @property
    def stream(self) -> StreamKey:
        return self.topic, self.key


@dataclass(slots=True)
class StreamPosition:
    """How far this service has read one stream: the last event that took effect, 0 before the first.

    `epoch` is the owner's life that event was of, None before the first. A blocked stream waits for a parked event.
    """

    epoch: UUID | None = None
    last_seq: int = 0
    last_event_id: UUID | None = None
    blocked: bool = False


@dataclass(slots=True)
class Classified:
    """What a batch is, stream by stream; what is in none of the three was seen before, or waits for a parked event."""

    apply: dict[StreamKey, list[ReceivedEvent]] = field(default_factory=dict)  # in order of their numbers
    gaps: dict[StreamKey, int] = field(default_factory=dict)  # the first number that is missing
    diverged: list[ReceivedEvent] = field(default_factory=list)  # another event under a number that was seen


def read_message(message: Message, ring: KeyRing) -> ReceivedEvent:
    """The envelope of a message whose seal verifies; nothing of it is believed before.

    Raises NotAuthentic, and KeyError, ValueError, TypeError or AttributeError when what was sealed is no event.
    """
    headers = dict(message.headers)
    verify(message, headers, ring)
    key, seq, traceparent = message.key, int(headers["ce_seq"]), headers.get("traceparent")
    if not key or len(key) > MAX_KEY_BYTES:
        raise ValueError("a key that no stream has")
    if not 0 < seq < 2**63:
        raise ValueError("a number that no stream has")
    return ReceivedEvent(
        message.topic,
        key.decode(),
        seq,
        _parse_epoch(headers["ce_source"]),
        parse_id(headers["ce_id"].decode()),
        _parse_type(headers["ce_type"]),
        message.value,
        _parse_instant(headers["ce_recordedat"]),
        traceparent.decode() if traceparent else None,
    )


def verify(message: Message, headers: Mapping[str, bytes], ring: KeyRing) -> None:
    """Raises NotAuthentic unless a service of this deployment has sealed this message as it is."""
    try:
        sealed = sealed_bytes(
            message.topic.encode(), message.key or b"", headers["ce_seq"], headers["ce_source"], headers["ce_id"],
            headers["ce_type"], headers["ce_recordedat"], headers.get("traceparent", b""), message.value,
        )  # fmt: skip
    except (KeyError, TypeError):  # a part is missing: nobody can have sealed that
        raise NotAuthentic("wrong_seal" if headers.get(SEAL) else "no_seal") from None
    ring.verify(headers.get(SEAL), sealed, len(message.value))


@lru_cache(64)  # equal in all that an owner has sent since its last restore
def _parse_epoch(source: bytes) -> UUID:
    return UUID(source.decode().rpartition("/")[2])


@lru_cache(512)  # as many as the catalogue has types, and some
def _parse_type(type_: bytes) -> str:
    return type_.decode()


@lru_cache(256)  # equal in all that one transaction announced
def _parse_instant(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode())


def from_log(topic: str, key: str, log_slice: LogSlice) -> list[ReceivedEvent]:
    """The rows of an owner's log as events received in its present epoch."""
    return [
        ReceivedEvent(
            topic, key, row.seq, log_slice.epoch, row.event_id, row.type, row.payload.encode(), row.recorded_at,
            row.traceparent,
        )
        for row in log_slice.events
    ]  # fmt: skip


def classify(received: Iterable[ReceivedEvent], positions: dict[StreamKey, StreamPosition]) -> Classified:
    """Against the position: blocked, seen or of an earlier epoch -> nothing, next -> apply, beyond -> a gap to pull.

    `positions` has every stream of the batch. An event of another epoch is never applied from the broker: the owner is
    asked where its epoch begins, unless it is of one that is over.
    """
    classified = Classified()
    stopped: set[StreamKey] = set()  # by an event that contradicts the position: nothing is built on it
    reached: dict[StreamKey, tuple[int, UUID | None]] = {}
    for event in sorted(received, key=lambda e: e.seq):
        stream = event.stream
        position = positions[stream]
        if position.blocked or stream in classified.gaps or stream in stopped:
            continue
        if position.epoch is not None and event.epoch != position.epoch:
            if not is_earlier(event.epoch, than=position.epoch):
                classified.gaps[stream] = position.last_seq + 1
            continue
        last, last_id = reached.get(stream, (position.last_seq, position.last_event_id))
        if event.seq == last + 1:
            classified.apply.setdefault(stream, []).append(event)
            reached[stream] = (event.seq, event.event_id)
        elif event.seq > last:
            classified.gaps[stream] = last + 1
        elif event.seq == last and last_id is not None and event.event_id != last_id:
            classified.diverged.append(event)
            stopped.add(stream)
    return classified


def batches_by_type(queues: dict[StreamKey, list[ReceivedEvent]]) -> Iterator[list[ReceivedEvent]]:
    """Cut a batch into batches of one type each, so that per key the order of its queue is kept.

    What different keys have of one type next goes together: as few batches, and calls of handlers, as that allows.
    """
    starts = dict.fromkeys(queues, 0)
    while starts:
        by_type: dict[str, list[ReceivedEvent]] = {}
        for stream in list(starts):
            queue, start = queues[stream], starts[stream]
            end = _end_of_type(queue, start)
            by_type.setdefault(queue[start].type, []).extend(queue[start:end])
            if end == len(queue):
                del starts[stream]
            else:
                starts[stream] = end
        yield from by_type.values()


def _end_of_type(queue: Sequence[ReceivedEvent], start: int) -> int:
    """The index after the last of the events from `start` on that are of one type without a break."""
    end = start + 1
    while end < len(queue) and queue[end].type == queue[start].type:
        end += 1
    return end
