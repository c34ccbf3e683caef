"""What a country publishes of its year: holidays, and weekend days that are worked to make up for one."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import holidays

YEARS_BACK, YEARS_AHEAD = 2, 3  # how far around an instant holidays are looked up


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """A day that differs from its weekday by law: a holiday, or a weekend day that is worked to make up for one."""

    day: date
    working: bool
    name: str


def holidays_of(place: str, year: int) -> holidays.HolidayBase:
    """The public holidays of a country (CN) or of a part of it (DE-BY) around a year. ValueError: unknown place."""
    country, _, part = place.partition("-")
    years = range(year - YEARS_BACK, year + YEARS_AHEAD)
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        raise ValueError(f"no holidays are known for {place}") from None


@cache
def published_days(place: str, year: int) -> tuple[PublishedDay, ...]:
    """The holidays and make-up working days of the years around that one, in order."""
    calendar = holidays_of(place, year)
    off = [PublishedDay(day, False, name) for day, name in calendar.items()]
    years = {day.year for day in calendar}
    worked = [PublishedDay(day, True, "Make-up working day") for day in calendar.weekend_workdays if day.year in years]
    return tuple(sorted((*off, *worked), key=lambda published: published.day))


@cache
def last_published_year(place: str) -> int | None:
    """The last year whose moved working days are published; None for a country that moves none.

    The package `holidays` lists each swap of a year as numbers: month, day off, month, day worked.
    """
    swaps = getattr(holidays_of(place, 2000), "special_public_holidays", None) or {}
    years = [year for year, entries in swaps.items() if _holds_a_swap(entries)]
    return max(years, default=None)


def _holds_a_swap(entries: object) -> bool:
    if not isinstance(entries, tuple):
        return False
    if all(isinstance(entry, int) for entry in entries):
        return len(entries) >= 4  # month, day off, month, day worked
    return any(_holds_a_swap(entry) for entry in entries)
