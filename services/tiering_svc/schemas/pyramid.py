"""The pyramid over HTTP (T7)."""

from datetime import datetime

from pydantic import Field

from services.tiering_svc.schemas.common import Count, MonthsRead, PolicyReference
from shared.chassis import Read, SignedAmount


class LevelRead(Read):
    tier: str
    name: dict[str, str]
    rank: Count
    customers: Count
    share_of_customers: str = Field(description="percent")
    revenue: SignedAmount
    share_of_revenue: str | None = Field(description="percent")
    profit: SignedAmount | None = Field(description="null when no cost is known")
    profit_known_for: SignedAmount = Field(description="the part of the revenue whose costs are known")
    came_up: Count
    came_down: Count
    new: Count


class PyramidRead(Read):
    as_of: datetime
    policy: PolicyReference
    window: MonthsRead
    last_review: datetime | None
    customers: Count
    revenue: SignedAmount
    levels: list[LevelRead] = Field(description="highest first")
