"""Tiering's environment."""

from typing import Literal

from pydantic import Field

from shared.chassis import ServiceSettings


class Settings(ServiceSettings):
    service: Literal["tiering"] = "tiering"
    policies_need_simulation: bool = False  # approved only after a simulation on today's customers
    backdating_days: int = Field(default=30, ge=0)  # a review of an older day needs the scope history
    run_schedules: bool = True  # off: nothing is requested by schedule; on again, what was missed is caught up
