"""HTTP shapes of the business calendar: its rules as a document, and the calendar day by day."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints

from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, read_openings, write_openings
from services.complaint_svc.calendars.domain.service_hours import ServiceHours
from shared.chassis import AnnouncedCode, Day, Read, Shape, Text
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


class OtherHours(Shape):
    """What is otherwise for customers of a tier, of a region, or of a tier in a region; one of both is named.

    Each field stands in place of the same field for everyone; what is left out stays. Where a tier and a region each
    say something, the tier in the region comes first, then the tier, then the region.
    """

    tier: AnnouncedCode | None = Field(default=None, description="a tier's code; without it all tiers")
    region: AnnouncedCode | None = Field(
        default=None, description="a region as customers' files have it; without it all"
    )
    opening_hours: OpeningHours | None = None
    holidays: Annotated[str, StringConstraints(strict=True, max_length=16)] | None = Field(
        default=None, description="a country, or a country and its part; empty: no holidays are kept",
        examples=["DE-BY", ""],
    )  # fmt: skip
    special_days: Annotated[list[SpecialDayEntry], Field(max_length=400)] | None = None


class CalendarRulesDocument(Shape):
    """The week, over it what the country publishes, over that the special days; then what is otherwise for some."""

    opening_hours: OpeningHours
    holidays: Annotated[str, StringConstraints(strict=True, max_length=16)] | None = Field(
        default=None, description="a country, or a country and its part; without it no holidays are kept",
        examples=["CN", "DE-BY"],
    )  # fmt: skip
    special_days: Annotated[list[SpecialDayEntry], Field(default_factory=list, max_length=2000)]
    other_hours: Annotated[
        list[OtherHours],
        Field(default_factory=list, max_length=50, description="hours, holidays and days of tiers and regions"),
    ]


class CalendarDayRead(Read):
    """`published` is false where the country has not said yet which weekend days of that year are worked."""

    day: date
    working: bool
    hours: list[str]
    source: Literal["week", "published", "override"]
    published: bool
    note: str | None

    @classmethod
    def of(cls, day: date, hours: ServiceHours, zone: ZoneInfo) -> "CalendarDayRead":
        """A day by these hours, and whether the week, the country or the business says so."""
        openings = hours.calendar(day.year, zone).openings_on(day)
        special = hours.special_days.get(day)
        published = {known.day: known for known in hours.published_days(day.year)}.get(day)
        through = hours.published_through
        return cls(
            day=day,
            working=bool(openings),
            hours=write_openings(openings),
            source="override" if special else "published" if published else "week",
            published=through is None or day.year <= through,
            note=special.note if special else published.name if published else None,
        )


class HoursRead(Read):
    """Whose hours they are, as the rules name them: all tiers or all regions where there is null."""

    time_zone: str
    tier: str | None = Field(description="as the rules name it; null: the same for all that they do not name")
    region: str | None = Field(description="as the rules name it; null: the same for all that they do not name")
    holidays: str
    published_through: int | None
    week: dict[str, list[str]]
    days: list[CalendarDayRead]
    calendar_rules_version: int


def hours_fields(
    rules: CalendarRules, tier: str | None, region: str | None, days: Iterable[date], zone: ZoneInfo
) -> dict[str, Any]:
    """The fields of `HoursRead`, but for the version: the hours of a tier and region, and these days by them."""
    hours, served = rules.hours(tier, region), rules.served(tier, region)
    return {
        "time_zone": str(zone),
        "tier": served[0],
        "region": served[1],
        "holidays": hours.holidays or "",
        "published_through": hours.published_through,
        "week": {name: write_openings(openings) for name, openings in zip(WEEKDAYS, hours.week, strict=True)},
        "days": [CalendarDayRead.of(day, hours, zone) for day in days],
    }


class CalendarRead(HoursRead):
    """The calendar by the version of its rules that is in force."""
