"""Composition over HTTP (T14)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, MonthsRead
from shared.chassis import Code, Read, Shape, SignedAmount


class TargetWrite(Shape):
    tier: Code
    percent: Exact


class RevenueTargetsDocument(Shape):
    """What share of the revenue each tier shall bring: 100 percent together."""

    targets: list[TargetWrite] = Field(min_length=1, max_length=20)


class TierShareRead(Read):
    tier: str
    customers: Count
    revenue: SignedAmount
    share: Decimal | None = Field(description="percent of all revenue")
    target: Decimal | None = Field(description="percent; null: the tier has none")
    gap: Decimal | None = Field(description="share less target, in points")
    missing: SignedAmount | None = Field(description="revenue the target still wants; negative: beyond it")


class CompositionRead(Read):
    window: MonthsRead
    since: datetime = Field(description="when the window begins")
    as_of: datetime
    known_at: datetime
    targets_version: Count
    revenue: SignedAmount
    tiers: list[TierShareRead] = Field(description="best tier first")


class CategoryRead(Read):
    category: str
    customers: Count
    quantity: int
    amount: SignedAmount
    share: Decimal | None = Field(description="percent of the amount")
    margin: SignedAmount | None = Field(description="null: some cost is not known, or not for this reader")


class ProductMixRead(Read):
    window: MonthsRead
    since: datetime = Field(description="when the window begins")
    as_of: datetime
    known_at: datetime
    amount: SignedAmount
    categories: list[CategoryRead] = Field(description="largest first")


class FeatureRead(Read):
    kind: str = Field(description="category, region, industry …")
    value: str
    among: Count = Field(description="how many of the group have it")
    elsewhere: Count = Field(description="how many of all others have it")
    support: Decimal = Field(description="share of the group that has it, 0 to 1")
    lift: Decimal | None = Field(description="their share over everybody else's; null: nobody else has it")
    interval: Annotated[list[Decimal], Field(min_length=2, max_length=2)] | None = Field(
        description="95 %, from and to; without 1 in it the difference is not chance"
    )


class DistinguishingFeaturesRead(Read):
    window: MonthsRead
    since: datetime = Field(description="when the window begins")
    as_of: datetime
    known_at: datetime
    group: Count = Field(description="how many customers the group has")
    others: Count
    features: list[FeatureRead] = Field(description="strongest first")
