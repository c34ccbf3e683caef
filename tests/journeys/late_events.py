"""Events that come late: a broker that withholds some streams from some services, and a clock that can be a day later.

What is withheld comes as soon as it is withheld no more, in its order, as after a partition that lay still for a while.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from shared.messaging.broker.interface import Message
from shared.messaging.broker.loopback import LoopbackBroker, LoopbackConsumer


class SlowClock:
    """Goes as time does, so many days behind it, until it is set."""

    def __init__(self, days_behind: float) -> None:
        self.behind = timedelta(days=days_behind)

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind

    def pass_by(self, days: float) -> None:
        """So many days later; never later than it is."""
        self.behind = max(timedelta(0), self.behind - timedelta(days=days))


class LateBroker(LoopbackBroker):
    """`late`: the (service, topic, key) of which a service gets nothing for now."""

    def __init__(self) -> None:
        super().__init__()
        self.late: set[tuple[str, str, str]] = set()

    async def consumer(self, group: str, topics: Collection[str]) -> LoopbackConsumer:
        return LateConsumer(self, group, topics)


class LateConsumer(LoopbackConsumer):
    """Keeps what it read and may not give yet."""

    broker: LateBroker

    def __init__(self, broker: LateBroker, group: str, topics: Collection[str]) -> None:
        super().__init__(broker, group, topics)
        self.withheld: dict[int, list[Message]] = {}

    def _read(self, lane: int, max_messages: int) -> list[Message]:
        messages = self.withheld.get(lane, []) + super()._read(lane, max_messages)
        self.withheld[lane] = [message for message in messages if self._is_late(message)]
        return [message for message in messages if not self._is_late(message)]

    def _is_late(self, message: Message) -> bool:
        key = (message.key or b"").decode()
        return (self.group.removeprefix("patron."), message.topic, key) in self.broker.late
