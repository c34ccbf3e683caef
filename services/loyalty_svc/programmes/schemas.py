"""HTTP shapes of the programme."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.chassis import Amount, Code, Read, Shape

Rates = Annotated[dict[Code, Amount], Field(max_length=1000)]


class ProgrammeDocument(Shape):
    """What a version of the programme says."""

    base_rate: Amount
    tiers: Rates = Field(default_factory=dict)
    categories: Rates = Field(default_factory=dict)
    bonuses: Annotated[
        dict[Code, Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]], Field(max_length=1000)
    ] = Field(default_factory=dict)
    lifetime_months: Annotated[int, Field(strict=True, ge=1, le=1200)]


class ProgrammeTermsRead(Read):
    """A version of the programme that is in force."""

    version: int
    effective_from: datetime
    base_rate: Amount
    tiers: dict[str, Amount]
    categories: dict[str, Amount]
    bonuses: dict[str, int]
    lifetime_months: int
