"""HTTP shapes of the programme."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.loyalty_svc.core.schemas import MOST_POINTS
from shared.chassis import Amount, Code, Read, Shape

LimitPoints = Annotated[int, Field(strict=True, ge=0, le=MOST_POINTS)]
Rates = Annotated[dict[Code, Amount], Field(max_length=1000)]


class PointLimitsDocument(Shape):
    """What one person may give or take alone, counted together; beyond it another person approves."""

    customer: LimitPoints = Field(default=1_000, description="adjusted and transferred of a customer, in its days")
    day: LimitPoints = Field(default=5_000, description="by a person on a business day, settlements included")
    settlement: LimitPoints = Field(default=20_000, description="to a customer on a day by cases, without approval")
    settlement_day: LimitPoints = Field(default=50_000, description="by a person on a day by cases, without approval")
    most: LimitPoints = Field(default=MOST_POINTS, description="moved at once by hand, whoever approves it")
    customer_days: Annotated[int, Field(strict=True, ge=1, le=366)] = Field(
        default=30, description="business days, today included, within which a customer's are counted"
    )


class ProgrammeDocument(Shape):
    """What a version of the programme says."""

    base_rate: Amount
    tiers: Rates = Field(default_factory=dict)
    categories: Rates = Field(default_factory=dict)
    bonuses: Annotated[dict[Code, Annotated[int, Field(strict=True, ge=0, le=MOST_POINTS)]], Field(max_length=1000)] = (
        Field(default_factory=dict)
    )
    lifetime_months: Annotated[int, Field(strict=True, ge=1, le=1200)]
    limits: PointLimitsDocument = Field(default_factory=PointLimitsDocument)


class ProgrammeTermsRead(Read):
    """A version of the programme that is in force."""

    version: int
    effective_from: datetime
    base_rate: Amount
    tiers: dict[str, Amount]
    categories: dict[str, Amount]
    bonuses: dict[str, int]
    lifetime_months: int
