"""This service's environment: what every service has, and how complaints are worked here."""

from datetime import timedelta
from functools import cache, cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.chassis import ServiceSettings

ENVIRONMENT = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)


class Settings(ServiceSettings):
    """What every service has: database, keys, other services."""

    service: Literal["complaint"] = "complaint"


class BusinessSettings(BaseSettings):
    """How complaints are worked in this deployment, beside the rules: `PATRON_…` variables, read once a process."""

    model_config = ENVIRONMENT

    time_zone: str = "UTC"
    regions: frozenset[str] = frozenset()  # known to calendars before a customer's file says them
    replay_grace_seconds: int = Field(default=60, ge=0)  # a case reported after the fact is not judged sooner

    @cached_property
    def zone(self) -> ZoneInfo:
        """The business zone, in which days begin and opening hours are meant."""
        return ZoneInfo(self.time_zone)

    @property
    def replay_grace(self) -> timedelta:
        """How long after its last report a case that is reported after the fact is left alone."""
        return timedelta(seconds=self.replay_grace_seconds)


@cache
def business_settings() -> BusinessSettings:
    """The settings of this process. A wrong one raises at the first call, which is the start of the service."""
    return BusinessSettings()
