"""This service's environment: what every service has, how complaints are worked here, what the first rules say."""

from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.complaint_svc.calendars.domain.calendar_rules import read_calendar_rules
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS
from services.complaint_svc.deadlines.domain.deadline_rules import DEFAULT_ESCALATION_HOURS, read_ladder
from shared.chassis import ServiceSettings

ENVIRONMENT = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)


class Settings(ServiceSettings):
    """What every service has: database, keys, other services."""

    service: Literal["complaint"] = "complaint"


class BusinessSettings(BaseSettings):
    """How complaints are worked in this deployment, beside the rules: `PATRON_…` variables, read once a process."""

    model_config = ENVIRONMENT

    time_zone: str = "UTC"
    replay_grace_seconds: int = Field(default=60, ge=0)  # a case reported after the fact is not judged sooner

    @cached_property
    def zone(self) -> ZoneInfo:
        """The business zone, in which days begin and opening hours are meant."""
        return ZoneInfo(self.time_zone)

    @property
    def replay_grace(self) -> timedelta:
        """How long after its last report a case that is reported after the fact is left alone."""
        return timedelta(seconds=self.replay_grace_seconds)


class FirstAuthorityLimit(BaseModel):
    """What a role may grant at once; null is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: int | None = Field(default=0, ge=0)
    amount: Decimal | None = Field(default=Decimal(0), ge=0)


class FirstEscalationHours(BaseModel):
    """Working hours for which a level may ignore a breach; a level that is not named has the hours of all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    manager: int | None = Field(default=None, ge=1)
    head: int | None = Field(default=None, ge=1)


class FirstRules(BaseSettings):
    """What the environment may say of the first versions of the rules, instead of what is shipped.

    The first start takes it, when the migration makes the database; from then on rules are changed as data, by two
    people. It is checked at each start, so that a wrong one stops the first.
    """

    model_config = ENVIRONMENT

    holidays: str | None = None  # a country, or a country and its part (DE-BY); empty: no holidays
    opening_hours: dict[str, list[str]] | None = None  # by weekday: {"mon": ["09:00-12:30", "13:30-18:00"], …}
    warning_percent: int | None = Field(default=None, ge=1, le=99)
    warning_lead_minutes: int | None = Field(default=None, ge=1)  # in place of a share
    escalation_hours: int | None = Field(default=None, ge=1)
    escalation_hours_by_level: FirstEscalationHours | None = None  # {"manager": 4, "head": 24}
    reopening_days: int | None = Field(default=None, ge=0)
    authority: dict[str, FirstAuthorityLimit] | None = None  # by role

    @field_validator("opening_hours")
    @classmethod
    def _known_days(cls, hours: dict[str, list[str]] | None) -> dict[str, list[str]] | None:
        if hours is not None:
            if unknown := hours.keys() - set(WEEKDAYS):
                raise ValueError(f"not a weekday: {', '.join(sorted(unknown))}; use {', '.join(WEEKDAYS)}")
            read_calendar_rules({"opening_hours": hours})
        return hours

    @field_validator("holidays")
    @classmethod
    def _known_country(cls, place: str | None) -> str | None:
        read_calendar_rules({"opening_hours": {"mon": ["09:00-17:00"]}, "holidays": place})
        return place

    @model_validator(mode="after")
    def _ladder(self) -> "FirstRules":
        by_level = self.escalation_hours_by_level
        if by_level is not None:
            read_ladder(self.escalation_hours or DEFAULT_ESCALATION_HOURS, by_level.model_dump(), "")
        return self


@cache
def business_settings() -> BusinessSettings:
    """The settings of this process. A wrong one raises at the first call, which is the start of the service."""
    return BusinessSettings()
