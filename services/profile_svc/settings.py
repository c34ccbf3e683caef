"""Profile's environment."""

from typing import Literal

from pydantic import Field

from shared.files import FileSettings


class Settings(FileSettings):
    """`PATRON_…` variables of profile, beside those that every service has. PATRON_SERVICES names the gateway."""

    service: Literal["profile"] = "profile"
    phone_regions: tuple[str, ...] = ("US", "CN")
    """Where a number without a country code is dialled: the first region in which it is valid counts."""
    three_rings_seconds: int = Field(default=15, ge=1, le=120)
    """Answered within three rings (G4)."""
    registry_seconds: float = Field(default=1.5, gt=0, le=10)
    """How long an answer waits for the gateway's registry of references before it goes without them."""
    consents_by_default: tuple[str, ...] = ("service",)
    """For which purposes a customer may be written and called to as long as it said nothing (P13)."""
    keep_imports_days: int = Field(default=30, ge=1, le=365)
    """How long an import can be undone and its rows can be read; then what it kept is deleted."""
