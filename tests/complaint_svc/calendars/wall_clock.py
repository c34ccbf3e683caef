"""The oracle of working time: a clock on the wall that is looked at once a minute, and a document read by hand (C3).

Nothing of the product is used here, but for the country's published days, which both take from the package `holidays`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Document = Mapping[str, Any]
Pauses = Sequence[tuple[datetime, datetime]]


def fields_of(document: Document, tier: str | None, region: str | None) -> dict[str, Any]:
    """What holds for this tier and region: of each field what is said of both, else of the tier, of the region, of
    everyone."""
    held = {name: document.get(name) for name in ("opening_hours", "holidays", "special_days")}
    for who in ((None, region), (tier, None), (tier, region)):  # the later ones stand above the earlier
        for entry in document.get("other_hours", ()):
            if who != (None, None) and (entry.get("tier"), entry.get("region")) == who:
                held |= {name: entry[name] for name in held if entry.get(name) is not None}
    return held


@cache
def shown_on(day: date, zone: ZoneInfo) -> list[tuple[datetime, int]]:
    """Every minute of a local day, with what the clock on the wall shows: minutes after midnight."""
    noon = datetime.combine(day, time(12), UTC)
    around = (noon + minute * MINUTE for minute in range(-30 * 60, 30 * 60))
    local = ((instant, instant.astimezone(zone)) for instant in around)
    return [(instant, clock.hour * 60 + clock.minute) for instant, clock in local if clock.date() == day]


class WallClock:
    """Is it open now? The clock of the zone says a day and a minute; the document says the rest."""

    def __init__(self, document: Document, zone: ZoneInfo, tier: str | None = None, region: str | None = None) -> None:
        self.zone = zone
        held = fields_of(document, tier, region)
        self.week = [[_minutes(text) for text in held["opening_hours"].get(day, ())] for day in DAYS]
        self.special = {date.fromisoformat(entry["day"]): entry for entry in held["special_days"] or ()}
        country, _, part = (held["holidays"] or "").partition("-")
        self.published = holidays.country_holidays(country, subdiv=part or None, years=[2026]) if country else None

    def openings(self, day: date) -> list[tuple[int, int]]:
        of_week = self.week[day.weekday()]
        first_open = next(openings for openings in self.week if openings)
        if day in self.special:
            if not self.special[day]["working"]:
                return []
            own = [_minutes(text) for text in self.special[day].get("hours", ())]
            return own or of_week or first_open
        if self.published is not None and day in self.published:
            return []
        if self.published is not None and day in self.published.weekend_workdays:
            return of_week or first_open
        return of_week

    def open_minutes_of(self, day: date) -> list[datetime]:
        """Its minutes that are open: from when the clock shows an opening's begin, or is past it, until it shows its
        end. What the clock shows a second time, when it is put back, was begun or over already."""
        minutes = []
        for opens, closes in self.openings(day):
            begun = over = False
            for instant, shown in shown_on(day, self.zone):
                begun = begun or shown >= opens
                over = over or shown >= closes
                if begun and not over:
                    minutes.append(instant)
        return sorted(minutes)

    def open_minutes(self, start: datetime, pauses: Pauses = ()) -> Iterator[datetime]:
        """The instants from `start` on at which a minute of work begins."""
        day = start.astimezone(self.zone).date()
        while True:
            for instant in self.open_minutes_of(day):
                if instant >= start and not any(begin <= instant < end for begin, end in pauses):
                    yield instant
            day += timedelta(days=1)

    def due(self, start: datetime, minutes: int, pauses: Pauses = ()) -> datetime:
        """The end of so many minutes' work."""
        minute_of_work = self.open_minutes(start, pauses)
        for _ in range(minutes - 1):
            next(minute_of_work)
        return next(minute_of_work) + MINUTE


def _minutes(text: str) -> tuple[int, int]:
    opens, _, closes = text.partition("-")
    (from_hour, from_minute), (to_hour, to_minute) = (map(int, clock.split(":")) for clock in (opens, closes))
    return from_hour * 60 + from_minute, to_hour * 60 + to_minute
