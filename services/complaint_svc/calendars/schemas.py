"""HTTP shapes of the business calendar: its rules as a document, and the calendar day by day."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.complaint_svc.calendars.domain.opening_hours import read_openings
from shared.chassis import Day, Read, Shape, Text
from shared.errors import DomainError


def _openings(hours: str) -> str:
    try:
        read_openings([hours])
    except DomainError as error:
        raise ValueError(error.detail) from None
    return hours


Hours = Annotated[str, AfterValidator(_openings), Field(max_length=11, examples=["09:00-17:00"])]
HoursOfDay = Annotated[list[Hours], Field(default_factory=list, max_length=8)]


class OpeningHours(Shape):
    """When the business is open on each weekday, by its own clock; a day without openings is closed."""

    mon: HoursOfDay
    tue: HoursOfDay
    wed: HoursOfDay
    thu: HoursOfDay
    fri: HoursOfDay
    sat: HoursOfDay
    sun: HoursOfDay


class SpecialDayEntry(Shape):
    """A day as the business works it. Without `hours` a working day has those of its weekday."""

    day: Day
    working: bool
    hours: HoursOfDay
    note: Annotated[Text, StringConstraints(max_length=200)] | None = None


class CalendarRulesDocument(Shape):
    """The week, over it what the country publishes, over that the special days."""

    opening_hours: OpeningHours
    holidays: Annotated[str, StringConstraints(strict=True, max_length=16)] | None = Field(
        default=None, description="a country, or a country and its part; without it no holidays are kept",
        examples=["CN", "DE-BY"],
    )  # fmt: skip
    special_days: Annotated[list[SpecialDayEntry], Field(default_factory=list, max_length=2000)]


class CalendarDayRead(Read):
    """`published` is false where the country has not said yet which weekend days of that year are worked."""

    day: date
    working: bool
    hours: list[str]
    source: Literal["week", "published", "override"]
    published: bool
    note: str | None


class CalendarRead(Read):
    """The calendar by the version of its rules that is in force."""

    time_zone: str
    holidays: str
    published_through: int | None
    week: dict[str, list[str]]
    days: list[CalendarDayRead]
    calendar_rules_version: int
