"""What arrived, from a message or an owner's log, and how it is sorted out against the marks. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from shared.messaging.broker import Message
from shared.messaging.streams import LoggedEvent, Stretch

StreamKey = tuple[str, str]  # (topic, key)
MOST_KEY = 200  # bytes; ours are ids


@dataclass(frozen=True, slots=True)
class Arrival:
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
class Mark:
    """A consumer's high-water mark of one stream."""

    epoch: UUID | None = None
    last_seq: int = 0
    last_event_id: UUID | None = None
    blocked: bool = False


@dataclass(slots=True)
class Sorted:
    """What a batch is, key by key: to apply (in order), beyond a gap, and streams that contradict themselves."""

    apply: dict[StreamKey, list[Arrival]] = field(default_factory=dict)
    gaps: dict[StreamKey, int] = field(default_factory=dict)  # the first number that is missing
    diverged: list[Arrival] = field(default_factory=list)


def read_message(message: Message) -> Arrival:
    """The envelope of a message. Raises KeyError, ValueError, TypeError or AttributeError when it is none of ours."""
    headers = dict(message.headers)
    key, type_, traceparent = message.key, headers["ce_type"], headers.get("traceparent")
    if not key or len(key) > MOST_KEY or b"\0" in key + type_ + (traceparent or b""):
        raise ValueError("a key, a type or a trace that no database could keep")
    seq = int(headers["ce_seq"])
    if not 0 < seq < 2**63:
        raise ValueError("a number that no stream has")
    return Arrival(
        topic=message.topic,
        key=key.decode(),
        seq=seq,
        epoch=_epoch(headers["ce_source"]),
        event_id=UUID(headers["ce_id"].decode()),
        type=type_.decode(),
        payload=message.value,
        recorded_at=_instant(headers["ce_recordedat"]),
        traceparent=None if traceparent is None else traceparent.decode(),
    )


@lru_cache(64)
def _epoch(source: bytes) -> UUID:
    """The same in all that an owner has sent since its last restore."""
    return UUID(source.decode().rpartition("/")[2])


@lru_cache(256)
def _instant(text: bytes) -> datetime:
    """The same in all that one transaction announced."""
    return datetime.fromisoformat(text.decode())


def from_log(topic: str, key: str, stretch: Stretch) -> list[Arrival]:
    return [_logged(topic, key, stretch.epoch, event) for event in stretch.events]


def _logged(topic: str, key: str, epoch: UUID, event: LoggedEvent) -> Arrival:
    payload = event.payload.encode()
    return Arrival(
        topic, key, event.seq, epoch, event.event_id, event.type, payload, event.recorded_at, event.traceparent
    )  # fmt: skip


def sort_out(arrivals: Iterable[Arrival], marks: dict[StreamKey, Mark]) -> Sorted:
    """Against the mark: blocked -> nothing, older epoch or seen -> nothing, next -> apply, beyond -> a gap to pull.

    An event of a newer epoch is never applied from the broker: the owner is asked where that epoch begins.
    """
    result = Sorted()
    stopped: set[StreamKey] = set()  # by an event that contradicts the mark: nothing is built on it
    reached: dict[StreamKey, tuple[int, UUID | None]] = {}
    for arrival in sorted(arrivals, key=lambda a: a.seq):
        stream = arrival.stream
        mark = marks[stream]
        if mark.blocked or stream in result.gaps or stream in stopped:
            continue
        if mark.epoch is not None and arrival.epoch != mark.epoch:
            if arrival.epoch > mark.epoch:
                result.gaps[stream] = mark.last_seq + 1
            continue
        last, last_id = reached.get(stream, (mark.last_seq, mark.last_event_id))
        if arrival.seq == last + 1:
            result.apply.setdefault(stream, []).append(arrival)
            reached[stream] = (arrival.seq, arrival.event_id)
        elif arrival.seq > last:
            result.gaps[stream] = last + 1
        elif arrival.seq == last and last_id is not None and arrival.event_id != last_id:
            result.diverged.append(arrival)
            stopped.add(stream)
    return result


def waves(queues: dict[StreamKey, list[Arrival]]) -> Iterator[list[Arrival]]:
    """Cut a batch so that per key, in order, a handler gets one run of one type at a time.

    Each list yielded is of one type; the runs of different keys that can go together do.
    """
    at = dict.fromkeys(queues, 0)
    while at:
        by_type: dict[str, list[Arrival]] = {}
        for stream in list(at):
            queue, start = queues[stream], at[stream]
            end = _end_of_run(queue, start)
            by_type.setdefault(queue[start].type, []).extend(queue[start:end])
            if end == len(queue):
                del at[stream]
            else:
                at[stream] = end
        yield from by_type.values()


def _end_of_run(queue: Sequence[Arrival], start: int) -> int:
    end = start + 1
    while end < len(queue) and queue[end].type == queue[start].type:
        end += 1
    return end
