"""The protocols of a broker with its producers and consumers, and the message they carry."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]
Offsets = dict[tuple[str, int], int]  # (topic, partition) -> offset

LANES = 2  # read side by side: one computes while the other waits for the database; more of them gain nothing


def lane_of(partition: int) -> int:
    """The lane in which a partition is read: 0 to LANES - 1.

    The partition of a message is its key's, the same in topics of as many partitions: what concerns a customer is read
    in one lane, whichever topic it comes by.
    """
    return partition % LANES


class Message(NamedTuple):
    """A record: keyed bytes with headers, and the partition and offset it was read from (-1 before it was).

    (A tuple: one is made for each event on its way out and in, and a frozen dataclass takes 1 us to make.)
    """

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    partition: int = -1
    offset: int = -1


class BrokerAway(ConnectionError):
    """No broker answers, or it lets us not in. It is tried again."""


class SendFailed(Exception):
    """Not everything of a batch was acknowledged. What was sent may arrive all the same; the inbox sees to that."""


class Producer(Protocol):
    """Sends messages; made by a broker, owned by one relay."""

    async def send(self, messages: Sequence[Message]) -> None:
        """All acknowledged by all replicas, in order per key, or SendFailed. After that the producer is thrown away."""

    async def stop(self) -> None: ...


class Consumer(Protocol):
    """Reads the partitions of some topics that are assigned to it; made by a broker, owned by one consumer loop."""

    async def poll(self, lane: int, max_messages: int, timeout_seconds: float) -> list[Message]:
        """What came in a lane, at the latest after a short wait; empty when nothing did. Lanes poll independently;
        one polls again when it is done with what it got.

        `timeout_seconds`: for how long news may stay unnoticed, where noticing it sooner costs something.
        """

    async def commit(self, messages: Sequence[Message]) -> None:
        """Remember the offsets behind these messages. Called after the database committed their effects; it may reach
        the broker a little later, at the latest when the consumer stops or gives up the partition."""

    async def seek_to_beginning(self) -> None:
        """Read every assigned partition from its first message again."""

    async def cluster_id(self) -> str:
        """Which broker it is; one that was replaced by an empty one has another id."""

    async def lag(self, lane: int | None = None) -> dict[str, int]:
        """Messages not yet read, by topic: in one lane, or in all."""

    async def ends(self) -> Offsets:
        """The offset after the last message of each assigned partition now."""

    async def has_read(self, ends: Offsets) -> bool:
        """Whether what lay before these offsets was read, of the partitions that are assigned now."""

    async def stop(self) -> None: ...


class Broker(Protocol):
    """Connects; both raise BrokerAway, or another OSError or TimeoutError, when it is away."""

    async def producer(self) -> Producer: ...

    async def consumer(self, group: str, topics: Collection[str]) -> Consumer:
        """A consumer of these topics; consumers of one group share the partitions and the offsets."""
