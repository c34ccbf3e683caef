"""What a service keeps of others' facts, so that it can be made anew from their logs: tables, and who fills them.

    overview = subscriptions.copy("overview", forget_overviews, keys_of=related_cases)
    subscriptions.on(OrderPlaced, when_orders_are_placed_add_them_up, copy=overview)

A handler that does more than keep a copy is never called to make one anew: `made_by` names another for that.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.events import Event
from shared.messaging.database.transaction import Transaction

Handler = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
OfKeys = Callable[[Transaction, Sequence[str]], Awaitable[None]]
KeysOf = Callable[[Transaction, Sequence[str]], Awaitable[Iterable[str]]]
KeyBefore = Callable[[Any], str | None]

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def ids_in(keys: Iterable[str]) -> list[UUID]:
    """Those of these keys of streams that are ids of customers, employees, cases; of a topic's streams some may be
    neither."""
    return [UUID(key) for key in keys if ID.fullmatch(key)]


@dataclass(slots=True)
class Copy:
    """Rows that follow from events of other services alone.

    `forget` takes away the rows of these keys. `keys_of` gives further keys under which facts of the same rows came (a
    case's own, while nobody was identified). `complete` writes what the rows have from this service's own tables.
    `adds_up` says that an event taken twice would count twice, so that its handlers need the inbox's positions.
    `moves`: by a type of event, the key that a row had before it (`moved_by`).
    """

    name: str
    forget: OfKeys
    keys_of: KeysOf | None = None
    complete: OfKeys | None = None
    adds_up: bool = False
    moves: dict[str, KeyBefore] = field(default_factory=dict)
    handlers: dict[str, list[Handler]] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)

    def moved_by(self, event: type[Event], key_before: KeyBefore) -> None:
        """That event gives a row to another key: what was told of it under the former one (`key_before` of the event,
        None: there was none) is there still. So the two keys are made anew together."""
        self.moves[event.type] = key_before

    def made_by(self, event: type[Event], *handlers: Handler) -> None:
        """These handlers, in this order, make the rows from that event. They announce nothing."""
        self.handlers.setdefault(event.type, []).extend(handlers)
        self.topics.add(event.topic)
