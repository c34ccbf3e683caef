"""Loyalty's environment."""

from typing import Literal

from pydantic import Field

from shared.chassis import ServiceSettings


class Settings(ServiceSettings):
    """Limits and intervals of loyalty, each `PATRON_<NAME>` in the environment."""

    service: Literal["loyalty"] = "loyalty"
    hold_days: int = Field(default=7, ge=1, le=366)  # how long a hold lasts when nobody says
    expiry_seconds: float = Field(default=60.0, gt=0)  # how often overdue lots are looked for
