"""Tiering's environment."""

from typing import Literal

from pydantic import Field

from shared.chassis import ServiceSettings


class Settings(ServiceSettings):
    service: Literal["tiering"] = "tiering"
    policies_need_simulation: bool = False  # approved only after a simulation on today's customers
    backdating_days: int = Field(default=30, ge=0)  # a review of an older day needs the scope history
    warning_hours: int = Field(default=24, ge=1)  # a sweep for early warnings so long after the last one
    risk_check_minutes: int = Field(default=60, ge=1)  # how often the risk rules look at every key account
