"""When something recurs: each hour, day, week, month or quarter, at a time of day in the business zone."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from services.tiering_svc.core.domain.calendar import DAY, shift

Every = Literal["off", "hourly", "daily", "weekly", "monthly", "quarterly"]

MONTHS_OF_A_QUARTER = 3
QUARTER_OF_AN_HOUR = timedelta(minutes=15)
LONGEST_GAP = timedelta(days=200)  # two due instants of a quarterly recurrence are never so far apart


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often, and when: only the fields that `every` needs count.

    `weekday` is 0 on a Monday; `day` is a day of the month, so that 31 is the last one of each; `month` is the first,
    second or third of its quarter.
    """

    every: Every
    minute: int = 0
    hour: int = 0
    weekday: int = 0
    day: int = 1
    month: int = 1


def due_instants(recurrence: Recurrence, zone: tzinfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """The instants of a recurrence after `after` and up to `until`, in UTC, each once and in order.

    A day that a month does not have is its last one. A time of day that the zone leaves out (its clocks go forward)
    comes as much later as they were put forward; one that it has twice is due the first time. Hourly is every instant
    at which the zone's clocks show that minute.
    """
    if recurrence.every == "hourly":
        yield from _hourly(recurrence.minute, zone, after, until)
        return
    last = after
    for day in _days(recurrence, after.astimezone(zone).date() - 2 * DAY, until.astimezone(zone).date() + DAY):
        local = datetime(day.year, day.month, day.day, recurrence.hour, recurrence.minute, tzinfo=zone)
        instant = local.astimezone(UTC)
        if last < instant <= until:  # a zone that leaves out a whole day has the same instant on two dates
            yield instant
            last = instant


def next_due(recurrence: Recurrence, zone: tzinfo, after: datetime) -> datetime | None:
    """The first instant after `after`; None where it is off."""
    return next(due_instants(recurrence, zone, after, after + LONGEST_GAP), None)


def _hourly(minute: int, zone: tzinfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Zones differ from UTC, and change, by whole quarters of an hour: no other instant can show that minute."""
    begins = after.astimezone(UTC).replace(second=0, microsecond=0)
    instant = begins + timedelta(minutes=(minute - begins.minute) % 15)
    while instant <= until:
        if instant > after and instant.astimezone(zone).minute == minute:
            yield instant
        instant += QUARTER_OF_AN_HOUR


def _days(recurrence: Recurrence, first: date, last: date) -> Iterator[date]:
    """The dates of a recurrence by days, weeks, months or quarters, from `first` to `last`."""
    match recurrence.every:
        case "daily":
            yield from (first + number * DAY for number in range((last - first).days + 1))
        case "weekly":
            begins = (recurrence.weekday - first.weekday()) % 7
            yield from (first + number * DAY for number in range(begins, (last - first).days + 1, 7))
        case "monthly" | "quarterly":
            month = first.replace(day=1)
            while month <= last:
                if recurrence.every == "monthly" or month.month % MONTHS_OF_A_QUARTER == recurrence.month % 3:
                    length = monthrange(month.year, month.month)[1]
                    yield month.replace(day=min(recurrence.day, length))
                month = shift(month, 1)
