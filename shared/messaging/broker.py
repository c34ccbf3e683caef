"""What the backbone asks of a broker. `kafka.py` is the real one, `loopback.py` one in memory for journeys in tests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[str, bytes], ...]
Ends = dict[tuple[str, int], int]  # (topic, partition) -> the offset after its last message


@dataclass(frozen=True, slots=True)
class Message:
    """A record: keyed bytes with headers, and where it lies once it was read."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    partition: int = -1
    offset: int = -1


class SendFailed(Exception):
    """Not everything of a batch was acknowledged. What was sent may arrive all the same; the inbox sees to that."""


class Producer(Protocol):
    async def send(self, messages: Sequence[Message]) -> None:
        """All acknowledged by all replicas, in order per key, or SendFailed. After that the producer is thrown away."""

    async def stop(self) -> None: ...


class Consumer(Protocol):
    async def poll(self, at_most: int, patience: float) -> list[Message]:
        """What came, at the latest after a short wait; empty when nothing did.

        `patience`: for how many seconds news may stay unnoticed, where noticing it sooner costs something.
        """

    async def commit(self, messages: Sequence[Message]) -> None:
        """Remember the offsets behind these messages. Called after the database committed their effects; it may reach
        the broker a little later, at the latest when the consumer stops or gives up the partition."""

    async def seek_to_beginning(self) -> None: ...

    async def cluster_id(self) -> str: ...

    async def lag(self) -> dict[str, int]:
        """Messages not yet read, by topic."""

    async def ends(self) -> Ends:
        """Where the partitions that are ours end now."""

    async def has_read(self, ends: Ends) -> bool:
        """Whether what lay before these ends was read, of the partitions that are ours."""

    async def stop(self) -> None: ...


class Broker(Protocol):
    async def producer(self) -> Producer: ...

    async def consumer(self, group: str, topics: Collection[str]) -> Consumer: ...
