"""HTTP shapes of the business calendar."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.complaint_svc.calendars.domain.opening_hours import read_openings
from shared.chassis import Read, Shape, Text
from shared.errors import DomainError


def _openings(hours: str) -> str:
    try:
        read_openings([hours])
    except DomainError as error:
        raise ValueError(error.detail) from None
    return hours


Hours = Annotated[str, AfterValidator(_openings), Field(examples=["09:00-17:00"])]


class CalendarDayUpdate(Shape):
    """A day as the business works it. Without `hours` a working day has those of its weekday."""

    working: bool
    hours: Annotated[list[Hours], Field(default_factory=list, max_length=8)]
    note: Annotated[Text, StringConstraints(max_length=200)] | None = None


class CalendarDayRead(Read):
    """`published` is false where the country has not said yet which weekend days of that year are worked."""

    day: date
    working: bool
    hours: list[str]
    source: Literal["week", "published", "override"]
    published: bool
    note: str | None


class CalendarRead(Read):
    time_zone: str
    holidays: str
    published_through: int | None
    week: dict[str, list[str]]
    days: list[CalendarDayRead]
