"""When what is known of customers was recorded: the newest fact of each says from when on a history is known."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.events import Meta


class CustomerEvent(Protocol):
    """An event about one customer."""

    @property
    def customer_id(self) -> UUID: ...

    @property
    def meta(self) -> Meta: ...


def newest_by_customer(events: Iterable[CustomerEvent]) -> dict[UUID, datetime]:
    """Of each customer in these events, when the newest of them was recorded."""
    newest: dict[UUID, datetime] = {}
    for event in events:
        recorded_at = event.meta.recorded_at
        newest[event.customer_id] = max(recorded_at, newest.get(event.customer_id, recorded_at))
    return newest
