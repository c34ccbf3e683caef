"""Working time as a sum: how much was worked since the calendar begins, and when so much will have been.

It is written from the rules of calendars (C3) and not from complaint's code: the openings of all days in a row, and how
much lies before each, so that any two instants are compared by a subtraction. All numbers are microseconds of UTC.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import holidays

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Hours = tuple[tuple[int, int], ...]
"""When a day is open, in minutes after local midnight: (from, to), in order."""


def micros(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - EPOCH) // MICROSECOND


def instant_of(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


class WorkingTime:
    """The working time of a calendar's document over some years, both ends included."""

    def __init__(self, document: Mapping[str, Any], zone: ZoneInfo, first_year: int, last_year: int) -> None:
        open_days = _days(document, first_year, last_year)
        intervals = [
            (_instant(day, opens, zone), _instant(day, closes, zone))
            for day, hours in open_days
            for opens, closes in hours
        ]
        self._begins = [begin for begin, _ in intervals]
        self._ends = [end for _, end in intervals]
        self._until = list(accumulate((end - begin for begin, end in intervals), initial=0))

    def worked(self, instant: int) -> int:
        """How much was worked from the first day until an instant."""
        opening = bisect_right(self._begins, instant) - 1
        if opening < 0:
            return 0
        return self._until[opening] + min(instant, self._ends[opening]) - self._begins[opening]

    def reached(self, worked: int) -> int | None:
        """The first instant at which so much was worked since the first day; None when that is after the last one."""
        opening = bisect_left(self._until, worked, lo=1) - 1
        if opening >= len(self._begins):
            return None
        return self._begins[opening] + worked - self._until[opening]


FIELDS = ("opening_hours", "holidays", "special_days")


class CalendarTimes:
    """The working times of a calendar's document: of everyone, and of tiers and regions with hours of their own."""

    def __init__(self, document: Mapping[str, Any], zone: ZoneInfo, first_year: int, last_year: int) -> None:
        self._document, self._zone, self._years = document, zone, (first_year, last_year)
        others = document.get("other_hours") or ()
        self._other_hours = {(entry.get("tier"), entry.get("region")): entry for entry in others}
        self._times: dict[str, WorkingTime] = {}

    def of(self, tier: str | None, region: str | None) -> WorkingTime:
        """The working time of customers of this tier and region; made once for all who have the same."""
        held = self.hours(tier, region)
        key = json.dumps(held, sort_keys=True)
        if key not in self._times:
            self._times[key] = WorkingTime(held, self._zone, *self._years)
        return self._times[key]

    def all(self) -> list[WorkingTime]:
        """The working times of everybody, each once."""
        tiers, regions = ({None, *(served[place] for served in self._other_hours)} for place in (0, 1))
        return list(
            {id(time): time for tier in tiers for region in regions for time in [self.of(tier, region)]}.values()
        )

    def hours(self, tier: str | None, region: str | None) -> dict[str, Any]:
        """What holds for them, field by field: of the tier in the region, else of the tier, the region, everyone."""
        entries = [self._other_hours.get(served, {}) for served in ((tier, region), (tier, None), (None, region))]
        held = {}
        for field in FIELDS:
            values = [entry.get(field) for entry in (*entries, self._document)]
            held[field] = next((value for value in values if value is not None), None)
        return held


def _days(document: Mapping[str, Any], first_year: int, last_year: int) -> Iterable[tuple[date, Hours]]:
    week = [_hours(document["opening_hours"].get(day, ())) for day in WEEK]
    first_open = next(hours for hours in week if hours)
    special = _published(document.get("holidays"), week, first_open, first_year, last_year)
    for entry in document.get("special_days") or ():
        day = date.fromisoformat(entry["day"])
        own = _hours(entry.get("hours", ())) or week[day.weekday()] or first_open
        special[day] = own if entry["working"] else ()
    day, end = date(first_year, 1, 1), date(last_year, 12, 31)
    while day <= end:
        yield day, special.get(day, week[day.weekday()])
        day += timedelta(days=1)


def _published(
    place: str | None, week: list[Hours], first_open: Hours, first_year: int, last_year: int
) -> dict[date, Hours]:
    """What the country publishes: days off, and days that are closed by the week and worked to make up for one."""
    if not place:
        return {}
    country, _, part = place.partition("-")
    published = holidays.country_holidays(country, subdiv=part or None, years=range(first_year, last_year + 1))
    off: dict[date, Hours] = dict.fromkeys(published, ())
    return off | {day: first_open for day in published.weekend_workdays if not week[day.weekday()]}


def _hours(texts: Iterable[str]) -> Hours:
    return tuple(sorted((_minute(text[:5]), _minute(text[6:])) for text in texts))


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """The first instant at which the clocks of the zone show that minute of the day, or are past it."""
    shown = datetime.combine(day, time.min) + timedelta(minutes=minute)
    instant = shown.replace(tzinfo=zone).astimezone(UTC)
    while _shown(instant - timedelta(minutes=1), zone) >= shown:  # the clocks were put forward over it
        instant -= timedelta(minutes=1)
    return micros(instant)


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
