"""Opening hours as people write them: "09:00-12:30", the day ending at 24:00."""

import re
from collections.abc import Iterable
from itertools import pairwise

from services.complaint_svc.calendars.domain.business_time import Opening, Openings
from shared.errors import invalid
from shared.events.complaint_rules import Weekday

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


def read_openings(hours: Iterable[str], pointer: str = "/hours") -> Openings:
    """The openings of a day, in order. 422 `opening_hours_invalid` (with the pointer to them) when one is written
    otherwise, ends before it begins, or overlaps another."""
    openings = sorted(_read(text, pointer) for text in hours)
    for earlier, later in pairwise(openings):
        if earlier.closes > later.opens:
            raise invalid("opening_hours_invalid", "The openings of a day do not overlap.", pointer=pointer)
    return tuple(openings)


def write_openings(openings: Openings) -> list[str]:
    """Openings as people write them, in order."""
    return [f"{_clock(opening.opens)}-{_clock(opening.closes)}" for opening in openings]


def _read(text: str, pointer: str) -> Opening:
    match = FORM.fullmatch(text)
    if match is None:
        raise invalid("opening_hours_invalid", 'Opening hours are written like "09:00-17:00".', pointer=pointer)
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if not 0 <= opens < closes <= 1440:
        raise invalid("opening_hours_invalid", "An opening ends after it begins, within one day.", pointer=pointer)
    return Opening(opens, closes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
