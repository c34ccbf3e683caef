"""Lines of several trails as one list, the newest first."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

LAST_NUMBER = 2**62  # no trail's line has a higher one


class Place(NamedTuple):
    """A place in the list: after the line with this number in the trail of this service."""

    at: datetime
    service: str
    number: int


class ServiceLine(NamedTuple):
    """A line and whose trail it is in; ordered as the list is, read backwards."""

    place: Place
    line: Mapping[str, Any]


def before_in(service: str, place: Place | None) -> tuple[datetime, int] | None:
    """From where a service's own trail is to be read on, so that its lines are after that place in the list."""
    if place is None:
        return None
    if service == place.service:
        return place.at, place.number
    return place.at, LAST_NUMBER if service < place.service else 0


def newest_first(lines: Iterable[ServiceLine], limit: int) -> list[ServiceLine]:
    """The first lines of the list, one more than the limit if there are."""
    return sorted(lines, key=lambda line: line.place, reverse=True)[: limit + 1]
