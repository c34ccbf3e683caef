"""Tiering's environment."""

from typing import Literal

from pydantic import Field

from shared.chassis import ServiceSettings


class Settings(ServiceSettings):
    service: Literal["tiering"] = "tiering"
    backdating_days: int = Field(default=30, ge=0)  # a review of an older day needs the scope history
    warning_hours: int = Field(default=24, ge=1)  # a sweep for early warnings so long after the last one
