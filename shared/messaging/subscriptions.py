"""Who is woken by which event: `@subscriptions.on(OrderPlaced)` above a handler of a batch."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from shared.events import Event, without
from shared.messaging.transaction import Transaction

E = TypeVar("E", bound=Event)
Handler = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
Locker = Callable[[Transaction, Sequence[str]], Awaitable[None]]


class Subscriptions:
    """One per service, in its `handlers.py`. A handler gets a run of one type, per key in order of sequence."""

    def __init__(self) -> None:
        self.handlers: dict[str, list[Handler]] = {}
        self.topics: set[str] = set()
        self.read_as: dict[str, type[Event]] = {}  # types of which this service reads only a part
        self.locker: Locker | None = None

    def on(
        self, event: type[E]
    ) -> Callable[
        [Callable[[Transaction, Sequence[E]], Awaitable[None]]], Callable[[Transaction, Sequence[E]], Awaitable[None]]
    ]:
        def register(
            handler: Callable[[Transaction, Sequence[E]], Awaitable[None]],
        ) -> Callable[[Transaction, Sequence[E]], Awaitable[None]]:
            self.handlers.setdefault(event.type, []).append(handler)
            self.topics.add(event.topic)
            return handler

        return register

    def leave_out(self, event: type[Event], *fields: str) -> None:
        """No handler here looks at these fields of the event: they stay empty and cost nothing."""
        self.read_as[event.type] = without(event, *fields)

    def lock_first(self, locker: Locker) -> Locker:
        """Register what locks the domain rows of all keys of a batch, sorted, once, before the first handler."""
        self.locker = locker
        return locker

    async def deliver(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Hand a run of one type to its handlers. A type nobody here listens to has none, and that is fine."""
        for handler in self.handlers.get(events[0].type, ()):
            await handler(tx, events)
