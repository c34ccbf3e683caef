"""When customers are served: opening hours by weekday, a country's holidays, and days that are otherwise (C3)."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.complaint_svc.calendars.domain.business_time import CLOSED, Calendar, Openings
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, read_openings
from services.complaint_svc.calendars.domain.public_holidays import (
    PublishedDay,
    holidays_of,
    last_published_year,
    published_days,
)
from shared.errors import invalid

Week = tuple[Openings, Openings, Openings, Openings, Openings, Openings, Openings]
"""The openings of each weekday, Monday first."""

WEEKS_OF_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day the business works otherwise than its week and what is published. `openings` is empty on a closed day."""

    day: date
    openings: Openings
    note: str | None = None


@dataclass(frozen=True)
class ServiceHours:
    """The week, over it what a country publishes, over that the special days.

    `holidays` is a country (CN) or a part of one (DE-BY); None: no holidays are kept.
    """

    week: Week
    holidays: str | None = None
    special_days: Mapping[date, SpecialDay] = field(default_factory=dict)
    _calendars: dict[tuple[int, ZoneInfo], Calendar] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def calendar(self, year: int, zone: ZoneInfo) -> Calendar:
        """The calendar of the years around that one."""
        if (year, zone) not in self._calendars:
            days = self._days_by_law(year) | {day: special.openings for day, special in self.special_days.items()}
            self._calendars[year, zone] = Calendar(zone, self.week, days)
        return self._calendars[year, zone]

    def published_days(self, year: int) -> tuple[PublishedDay, ...]:
        """What the country publishes of the years around that one, in order."""
        return published_days(self.holidays, year) if self.holidays else ()

    @property
    def published_through(self) -> int | None:
        """The last year whose make-up days are published. None where a country has none: nothing is waited for."""
        return last_published_year(self.holidays) if self.holidays else None

    def _days_by_law(self, year: int) -> dict[date, Openings]:
        days: dict[date, Openings] = {}
        for published in self.published_days(year):
            if not published.working:
                days[published.day] = CLOSED
            elif not self.week[published.day.weekday()]:
                days[published.day] = first_open_day(self.week)
        return days


def first_open_day(week: Week) -> Openings:
    """The openings of the first weekday that has some: a make-up day that is closed by the week is worked so (K12)."""
    return next(openings for openings in week if openings)


def read_week(hours: Mapping[str, Sequence[str]], pointer: str) -> Week:
    """Opening hours by weekday. 422 `opening_hours_invalid`; 422 `calendar_never_opens` where no day has any."""
    mon, tue, wed, thu, fri, sat, sun = (read_openings(hours.get(day, ()), f"{pointer}/{day}") for day in WEEKDAYS)
    week = (mon, tue, wed, thu, fri, sat, sun)
    if not any(week):
        raise invalid("calendar_never_opens", "The business opens on some weekday.", pointer=pointer)
    return week


def read_holidays(place: str | None, pointer: str) -> str | None:
    """A country or a part of one; None for none. 422 `holidays_unknown`."""
    if not place:
        return None
    try:
        holidays_of(place, 2000)
    except ValueError:
        raise invalid(
            "holidays_unknown", "The holidays of this country, or of this part of it, are not known.", pointer=pointer
        ) from None
    return place


def read_special_days(days: Sequence[Mapping[str, Any]], week: Week, pointer: str) -> dict[date, SpecialDay]:
    """Special days by their dates; one that is worked without hours of its own has those of this week.

    422 `duplicate_day`, `hours_of_a_closed_day`, `opening_hours_invalid`; 422 `calendar_never_opens` where they leave
    no opening in a whole year.
    """
    read: dict[date, SpecialDay] = {}
    for index, special in enumerate(days):
        day, hours, working = date.fromisoformat(special["day"]), special.get("hours", ()), special["working"]
        if day in read:
            raise invalid("duplicate_day", "Each special day is named once.", pointer=f"{pointer}/{index}/day")
        if hours and not working:
            raise invalid(
                "hours_of_a_closed_day", "A day that is not worked has no hours.", pointer=f"{pointer}/{index}/hours"
            )
        openings = read_openings(hours, f"{pointer}/{index}/hours")
        if working and not openings:
            openings = week[day.weekday()] or first_open_day(week)
        read[day] = SpecialDay(day, openings, special.get("note"))
    _refuse_a_closed_year(read, week, pointer)
    return read


def _refuse_a_closed_year(special_days: Mapping[date, SpecialDay], week: Week, pointer: str) -> None:
    """In 52 weeks there is an opening. A deadline would be looked for in vain, or for years."""
    closed = sorted(day for day, special in special_days.items() if week[day.weekday()] and not special.openings)
    opened = sorted(day for day, special in special_days.items() if special.openings)
    days_of_a_year = WEEKS_OF_A_YEAR * sum(1 for openings in week if openings)
    for first, last in zip(closed, closed[days_of_a_year - 1 :], strict=False):
        if last - first > timedelta(weeks=WEEKS_OF_A_YEAR):
            continue
        opening = bisect_left(opened, first)
        if opening == len(opened) or opened[opening] > last:
            raise invalid("calendar_never_opens", "No year is closed as a whole.", pointer=pointer)
