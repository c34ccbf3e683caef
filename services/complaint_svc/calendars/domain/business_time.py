"""Working time: when an answer is due, counted in opening hours, holidays and make-up working days (C3).

An opening begins at the first instant the local clock shows its hour (or a later one, when a change of the clocks
jumps over it) and ends likewise, so a day of 23 or 25 hours counts exactly what the door was open. All arithmetic is
on UTC: the difference of two aware times of one zone ignores a change of the clocks between them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from shared.errors import invalid

NOTHING = timedelta(0)
LONGEST_WALK = 3_660  # days; a calendar that stays closed for ten years never opens

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """One part of a day, in minutes after local midnight; 1440 is the end of the day."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= 1440:
            raise invalid("opening_hours_invalid", "An opening ends after it begins, within one day.")


Openings = tuple[Opening, ...]
CLOSED: Openings = ()


@dataclass(frozen=True)
class Calendar:
    """Opening hours by weekday (Monday first), and the days that differ: holidays, make-up working days, overrides."""

    zone: ZoneInfo
    week: tuple[Openings, Openings, Openings, Openings, Openings, Openings, Openings]
    days: Mapping[date, Openings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for openings in (*self.week, *self.days.values()):
            if any(earlier.closes > later.opens for earlier, later in pairwise(openings)):
                raise invalid("opening_hours_invalid", "The openings of a day follow each other without overlap.")

    def openings_on(self, day: date) -> Openings:
        """When the business is open on that day, in order; empty when it is closed."""
        return self.days.get(day, self.week[day.weekday()])

    def local_day(self, instant: datetime) -> date:
        """The day that the calendar's zone shows at an instant."""
        return instant.astimezone(self.zone).date()


def answer_due_at(
    start: datetime, working_time: timedelta, calendar: Calendar, pauses: Sequence[Interval] = ()
) -> datetime:
    """The instant at which `working_time` has been worked since `start`. A full day's work ends with that day (K3)."""
    if working_time <= NOTHING:
        return start.astimezone(UTC)
    left = working_time
    for begin, end in _working_intervals(start, calendar, pauses):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    raise invalid("calendar_never_opens", "The business calendar has no opening hours ahead.")


def working_time_between(
    start: datetime, end: datetime, calendar: Calendar, pauses: Sequence[Interval] = ()
) -> timedelta:
    """How much working time lies between two instants; nothing when `end` is not after `start`."""
    worked = NOTHING
    for begin, finish in _working_intervals(start, calendar, pauses):
        if begin >= end:
            break
        worked += min(finish, end) - begin
    return worked


def _working_intervals(start: datetime, calendar: Calendar, pauses: Sequence[Interval]) -> Iterator[Interval]:
    """What is open from `start` on and not paused, in order, in UTC."""
    start = start.astimezone(UTC)
    first = calendar.local_day(start)
    for offset in range(LONGEST_WALK):
        day = first + timedelta(days=offset)
        for opening in calendar.openings_on(day):
            begin = max(start, _first_instant(day, opening.opens, calendar.zone))
            end = _first_instant(day, opening.closes, calendar.zone)
            yield from _outside(begin, end, pauses)


def _outside(begin: datetime, end: datetime, pauses: Sequence[Interval]) -> Iterator[Interval]:
    """The parts of `begin..end` that no pause covers."""
    for paused_at, resumed_at in sorted(pauses):
        if begin >= end:
            return
        if resumed_at <= begin or paused_at >= end:
            continue
        if paused_at > begin:
            yield begin, paused_at.astimezone(UTC)
        begin = max(begin, resumed_at.astimezone(UTC))
    if begin < end:
        yield begin, end


@lru_cache(maxsize=16_384)  # a case of last year asks for every opening since, at each look
def _first_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock of `zone` shows that minute of that day, or is past it."""
    shown = datetime.combine(day, time(0)) + timedelta(minutes=minute)
    instant = shown.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == shown:
        return instant
    # the clock never shows it: it was put forward over it, so the change itself is the first instant past it
    before, past = shown.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    while past - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(past - before) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) < shown:
            before = middle
        else:
            past = middle
    return past
