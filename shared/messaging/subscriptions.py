"""Who is woken by which event: the table a service's `subscriptions.py` is made of.

    subscriptions = Subscriptions(lock_first=customers.lock_customers)
    subscriptions.on(OrderPlaced, orders.when_orders_are_placed_reassess_tiers)
    subscriptions.on(TierChanged, earning.when_tiers_change_remember_them, care.when_tiers_rise_congratulate)
    subscriptions.leave_out(OrderPlaced, "lines")

That file imports the handlers; handlers never import it, so the table is a leaf and closes no circle.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar

from shared.events import Event, without
from shared.events.reading import FREQUENT_TYPES, StructReader, struct_reader
from shared.messaging.copies import Copy, KeysOf, OfKeys
from shared.messaging.database.transaction import Transaction

E = TypeVar("E", bound=Event)
Handler = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
HandlerOf = Callable[[Transaction, Sequence[E]], Awaitable[None]]
Locker = Callable[[Transaction, Sequence[str]], Awaitable[None]]


class Subscriptions:
    """The events one service listens to, with their handlers and copies. One per service, in its `subscriptions.py`.

    A handler is called with the open transaction and a non-empty batch of events of one type, per key in order of their
    sequence numbers. What it raises rolls the batch back; a permanent error parks the event and blocks its key.
    """

    def __init__(self, *, lock_first: Locker | None = None) -> None:
        """`lock_first` locks the domain rows of all keys of a batch (given sorted), once, before the first handler."""
        self.handlers: dict[str, list[Handler]] = {}
        self.topics: set[str] = set()
        self.read_as: dict[str, type[Event]] = {}  # types of which this service reads only a part
        self.struct_readers: dict[str, StructReader] = {}  # of hot types
        self.locker: Locker | None = lock_first
        self.copies: dict[str, Copy] = {}

    def on(self, event: type[E], handler: HandlerOf[E], *more: HandlerOf[E], copy: Copy | None = None) -> None:
        """Call these handlers, in this order, with each batch of that event; after those that were named before.

        `copy`: all that they do is to keep it, so they also make it anew.
        """
        self.handlers.setdefault(event.type, []).extend((handler, *more))
        self.topics.add(event.topic)
        if event.type in FREQUENT_TYPES:
            self.struct_readers.setdefault(event.type, struct_reader(event))
        if copy is not None:
            copy.made_by(event, handler, *more)

    def copy(
        self,
        name: str,
        forget: OfKeys,
        *,
        keys_of: KeysOf | None = None,
        complete: OfKeys | None = None,
        adds_up: bool = False,
    ) -> Copy:
        """A copy of others' facts that this service keeps, to be named where its handlers are; see `Copy`."""
        self.copies[name] = Copy(name, forget, keys_of, complete, adds_up)
        return self.copies[name]

    def without(self, copies: Collection[Copy]) -> "Subscriptions":
        """The same subscriptions, less the handlers that keep these copies."""
        left_out = {(type, handler) for copy in copies for type, hs in copy.handlers.items() for handler in hs}
        others = Subscriptions(lock_first=self.locker)
        others.topics, others.read_as, others.struct_readers = self.topics, self.read_as, self.struct_readers
        others.handlers = {
            type: [handler for handler in handlers if (type, handler) not in left_out]
            for type, handlers in self.handlers.items()
        }
        return others

    def leave_out(self, event: type[Event], *fields: str) -> None:
        """No handler here looks at these fields of the event: they stay empty and cost nothing."""
        self.read_as[event.type] = without(event, *fields)
        if event.type in FREQUENT_TYPES:
            self.struct_readers[event.type] = struct_reader(event, frozenset(fields))

    async def deliver(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Hand a batch of one type to its handlers. A type nobody here listens to has none, and that is fine."""
        for handler in self.handlers.get(events[0].type, ()):
            await handler(tx, events)
