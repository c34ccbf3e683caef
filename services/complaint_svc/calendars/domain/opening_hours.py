"""Opening hours as people write them: "09:00-12:30", the day ending at 24:00."""

import re
from collections.abc import Iterable
from itertools import pairwise

from services.complaint_svc.calendars.domain.business_time import Opening, Openings
from shared.errors import invalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


def read_openings(hours: Iterable[str]) -> Openings:
    """The openings of a day, in order. Refused when one is written otherwise, ends before it begins, or overlaps."""
    openings = sorted(_read(text) for text in hours)
    for earlier, later in pairwise(openings):
        if earlier.closes > later.opens:
            raise invalid("opening_hours_invalid", "the openings of a day do not overlap", pointer="/hours")
    return tuple(openings)


def write_openings(openings: Openings) -> list[str]:
    """Openings as people write them, in order."""
    return [f"{_clock(opening.opens)}-{_clock(opening.closes)}" for opening in openings]


def _read(text: str) -> Opening:
    match = FORM.fullmatch(text)
    if match is None:
        raise invalid("opening_hours_invalid", 'Opening hours are written like "09:00-17:00".', pointer="/hours")
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    return Opening(from_hour * 60 + from_minute, to_hour * 60 + to_minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
