"""Profile's environment."""

from datetime import timedelta
from functools import cache
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.files import FileSettings


class Settings(FileSettings):
    """`PATRON_…` variables of profile, beside those that every service has. PATRON_SERVICES names the gateway."""

    service: Literal["profile"] = "profile"
    phone_regions: tuple[str, ...] = ("US", "CN")
    """Where a number without a country code is dialled: the first region in which it is valid counts."""
    three_rings_seconds: int = Field(default=15, ge=1, le=120)
    """Answered within three rings (G4)."""
    tier_names_seconds: float = Field(default=60, gt=0, le=3600)
    """How often tiering is asked what its tiers are called."""
    registry_seconds: float = Field(default=1.5, gt=0, le=10)
    """How long an answer waits for the gateway's registry of references before it goes without them."""
    keep_imports_days: int = Field(default=30, ge=1, le=365)
    """How long an import can be undone and its rows can be read; then what it kept is deleted."""


class MessageSettings(BaseSettings):
    """When customers are written to: `PATRON_…` variables, read once a process. Handlers of events go by them."""

    model_config = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)

    consents_by_default: tuple[str, ...] = ("service",)
    """For which purposes a customer may be written and called to as long as it said nothing (P13)."""
    message_hours: int = Field(default=72, ge=1)
    """What happened longer ago asks for no message."""

    @property
    def latest(self) -> timedelta:
        """How long after a fact its message is still asked for."""
        return timedelta(hours=self.message_hours)


@cache
def message_settings() -> MessageSettings:
    """The settings of this process. A wrong one raises at the first call, which is the start of the service."""
    return MessageSettings()
