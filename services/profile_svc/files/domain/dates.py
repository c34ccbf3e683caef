"""Dates of a file (P1): a birth date in the solar or lunar calendar, its year perhaps unknown, and no day to come."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from shared.errors import invalid
from shared.events.profile import AGE_STEPS

A_LEAP_YEAR = 2000  # stands in for an unknown year, so that 29 February can be somebody's birthday
LAST_ZONE = timedelta(hours=14)  # somewhere it is already tomorrow
OLDEST_ANNOUNCED = 90  # those who are older are too few to hide among (45 CFR 164.514 takes them together, too)


def refuse_future_day(day: str | None, at: datetime, *, pointer: str) -> None:
    """422 at `pointer` for a day (ISO 8601) that has come nowhere in the world yet."""
    if day is not None and date.fromisoformat(day) > (at + LAST_ZONE).date():
        raise invalid("in_the_future", "This day has not come yet.", pointer=pointer)


def check_birth_date(birth: Mapping[str, Any] | None, at: datetime, *, pointer: str) -> None:
    """A solar date is a day that exists; a lunar month has at most 30 days, and only it can be a leap month."""
    if birth is None:
        return
    year, month, day = birth.get("year"), birth["month"], birth["day"]
    if birth["calendar"] == "lunar":
        if day > 30:
            raise invalid("no_such_day", "A lunar month has at most 30 days.", pointer=f"{pointer}/day")
        if year is not None and year > (at + LAST_ZONE).year:
            raise invalid("in_the_future", "This day has not come yet.", pointer=pointer)
        return
    if birth.get("leap_month"):
        raise invalid("no_leap_month", "Only the lunar calendar has leap months.", pointer=f"{pointer}/leap_month")
    try:
        solar = date(year or A_LEAP_YEAR, month, day)
    except ValueError:
        raise invalid("no_such_day", "This day does not exist.", pointer=f"{pointer}/day") from None
    if year is not None:
        refuse_future_day(solar.isoformat(), at, pointer=pointer)


class AgeStep(NamedTuple):
    """The step of ten years that a person is in, and the year in which it began."""

    band: str
    since: int


def age_step(birth: Mapping[str, Any] | None, at: datetime) -> AgeStep | None:
    """The step of the age that is reached in the year of `at`, by the year of birth alone; a birthday never leaves the
    file."""
    year = None if birth is None else birth.get("year")
    if year is None:
        return None
    born = max(int(year), at.year - OLDEST_ANNOUNCED)
    begun = [step for step in AGE_STEPS if step <= at.year - born]
    if not begun:
        return AgeStep(f"<{AGE_STEPS[0]}", born)
    following = next((step for step in AGE_STEPS if step > at.year - born), None)
    return AgeStep(f"{begun[-1]}+" if following is None else f"{begun[-1]}-{following - 1}", born + begun[-1])
