"""This service's environment: what every service has, and how complaints are worked here (`BusinessSettings`)."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.complaint_svc.calendars.domain.business_time import CLOSED, Calendar, Openings
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, read_openings
from services.complaint_svc.calendars.domain.public_holidays import (
    PublishedDay,
    holidays_of,
    last_published_year,
    published_days,
)
from shared.chassis import ServiceSettings


class Settings(ServiceSettings):
    """What every service has: database, keys, other services."""

    service: Literal["complaint"] = "complaint"


class AuthorityLimit(BaseModel):
    """What a role may grant at once; null is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: int | None = Field(default=0, ge=0)
    amount: Decimal | None = Field(default=Decimal(0), ge=0)


def _default_limits() -> dict[str, AuthorityLimit]:
    return {
        "agent": AuthorityLimit(points=500, amount=Decimal("50.00")),
        "manager": AuthorityLimit(points=5_000, amount=Decimal("500.00")),
        "head": AuthorityLimit(points=None, amount=None),
        "admin": AuthorityLimit(points=None, amount=None),
    }


class BusinessSettings(BaseSettings):
    """How complaints are worked in this deployment: `PATRON_…` variables, read once a process."""

    model_config = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)

    time_zone: str = "UTC"
    holidays: str = "CN"  # a country, or a country and its part (DE-BY); empty: no holidays
    opening_hours: dict[str, list[str]] = {day: ["09:00-17:00"] for day in WEEKDAYS[:5]}
    warning_percent: int = Field(default=80, ge=1, le=99)
    escalation_hours: int = Field(default=8, ge=1)  # working hours a breach may be ignored before it is escalated
    reopening_days: int = Field(default=30, ge=0)
    replay_grace_seconds: int = Field(default=60, ge=0)  # a case reported after the fact is not judged sooner
    authority: dict[str, AuthorityLimit] = Field(default_factory=_default_limits)  # C5
    _by_law: dict[int, dict[date, Openings]] = PrivateAttr(default_factory=dict)

    @field_validator("opening_hours")
    @classmethod
    def _known_days(cls, hours: dict[str, list[str]]) -> dict[str, list[str]]:
        for day, openings in hours.items():
            if day not in WEEKDAYS:
                raise ValueError(f"not a weekday: {day}; use {', '.join(WEEKDAYS)}")
            read_openings(openings)
        if not any(hours.values()):
            raise ValueError("the business is open on some day")
        return hours

    @field_validator("holidays")
    @classmethod
    def _known_country(cls, place: str) -> str:
        if place:
            holidays_of(place, 2000)
        return place

    @cached_property
    def week(self) -> tuple[Openings, Openings, Openings, Openings, Openings, Openings, Openings]:
        mon, tue, wed, thu, fri, sat, sun = (read_openings(self.opening_hours.get(day, [])) for day in WEEKDAYS)
        return mon, tue, wed, thu, fri, sat, sun

    @property
    def make_up_hours(self) -> Openings:
        """A make-up day on which the business is closed by its week is worked like its first open weekday (K12)."""
        return next(openings for openings in self.week if openings)

    @property
    def share_before_warning(self) -> Fraction:
        return Fraction(self.warning_percent, 100)

    @property
    def escalate_after(self) -> timedelta:
        return timedelta(hours=self.escalation_hours)

    def calendar(self, year: int, overrides: Mapping[date, Openings]) -> Calendar:
        """The calendar around a year: the week, over it what the country publishes, over that an operator's days."""
        days = {**self._days_by_law(year), **overrides}
        return Calendar(ZoneInfo(self.time_zone), self.week, days)

    def _days_by_law(self, year: int) -> dict[date, Openings]:
        if year not in self._by_law:
            days: dict[date, Openings] = {}
            for published in self.published_days(year):
                if not published.working:
                    days[published.day] = CLOSED
                elif not self.week[published.day.weekday()]:
                    days[published.day] = self.make_up_hours
            self._by_law[year] = days
        return self._by_law[year]

    def published_days(self, year: int) -> tuple[PublishedDay, ...]:
        return published_days(self.holidays, year) if self.holidays else ()

    @property
    def published_through(self) -> int | None:
        """The last year whose make-up days are published. None where a country has none: nothing is waited for."""
        return last_published_year(self.holidays) if self.holidays else None


@cache
def business_settings() -> BusinessSettings:
    """The settings of this process. A wrong one raises at the first call, which is the start of the service."""
    return BusinessSettings()
