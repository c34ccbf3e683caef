"""The pyramid over HTTP (T7)."""

from datetime import datetime

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, MonthsRead, NamedCustomerRead, PolicyReference
from shared.chassis import Read, SignedAmount


class LevelRead(Read):
    tier: str
    name: dict[str, str]
    rank: Count
    customers: Count
    share_of_customers: str = Field(description="percent")
    revenue: SignedAmount
    share_of_revenue: str | None = Field(description="percent")
    profit: SignedAmount | None = Field(description="null: no cost is known, or not for this reader")
    profit_known_for: SignedAmount | None = Field(
        description="the part of the revenue whose costs are known; null: not for this reader"
    )
    came_up: Count = Field(description="since the last review; likewise the two below")
    came_down: Count
    new: Count


class PyramidRead(Read):
    as_of: datetime
    known_at: datetime
    policy: PolicyReference
    window: MonthsRead
    last_review: datetime | None
    customers: Count
    revenue: SignedAmount
    levels: list[LevelRead] = Field(description="highest first")


class DirectionRead(Read):
    from_tier: str | None = Field(description="null: no tier yet")
    to_tier: str
    way: str = Field(description="up, down; placed: for the first time, or on another pyramid")
    customers: Count


class MovedCustomerRead(NamedCustomerRead):
    from_tier: str | None
    to_tier: str
    way: str


class PyramidMoversRead(Read):
    from_: datetime = Field(serialization_alias="from")
    to: datetime
    known_at: datetime
    moved: dict[str, int]
    matrix: list[DirectionRead]
    items: list[MovedCustomerRead]
    next: str | None = None
