"""Profile's environment."""

from typing import Literal

from pydantic import Field

from shared.chassis import ServiceSettings


class Settings(ServiceSettings):
    service: Literal["profile"] = "profile"
    phone_regions: tuple[str, ...] = ("US", "CN")
    """Where a number without a country code is dialled: the first region in which it is valid counts."""
    three_rings_seconds: int = Field(default=15, ge=1, le=120)
    """Answered within three rings (G4)."""
    batch_limit: int = 8 * 1024 * 1024
    """Bytes of a batch of files, as much as the gateway takes."""
