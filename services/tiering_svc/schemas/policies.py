"""Tier policies over HTTP (T9)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.schemas.common import Count, Exact, Months, Names
from shared.chassis import Code, Read, Shape


class LevelWrite(Shape):
    code: Code
    name: Names


class BandWrite(Shape):
    tier: Code
    from_: Exact = Field(alias="from", description="the value this band begins with; the band includes it")
    to: Exact | None = Field(default=None, description="if given, where the next band begins")


class WindowWrite(Shape):
    months: Months = Field(description="calendar months up to and including that of the day looked at")


class ShareWrite(Shape):
    tier: Code
    percent: Exact


class AbcWrite(Shape):
    by: Literal["customers", "revenue"]
    shares: list[ShareWrite] = Field(min_length=2, max_length=20, description="highest level first; 100 together")


class ThresholdWrite(Shape):
    tier: Code
    over: Exact


class StarWrite(Shape):
    months: Months = Field(description="consecutive full months before the one looked at")
    thresholds: list[ThresholdWrite] = Field(max_length=20)


class LifeWrite(Shape):
    grace_months: Months = Field(
        default=1, description="how long a tier is kept after the first review that found less"
    )
    keep_months: Months = Field(default=0, description="how long a rise is kept at least")
    up_at_once: bool = Field(default=True, strict=True)


class PolicyDocument(Shape):
    """What a tier policy says. `window` and `bands`, `window` and `abc`, or `star`: as its kind needs."""

    kind: Literal["single_indicator", "abc", "star"]
    levels: list[LevelWrite] = Field(max_length=20, description="lowest first")
    indicator: Code = "amount"
    window: WindowWrite | None = None
    bands: list[BandWrite] | None = Field(default=None, max_length=20, description="lowest first")
    abc: AbcWrite | None = None
    star: StarWrite | None = None
    life: LifeWrite = LifeWrite()


class PolicyCreate(Shape):
    name: Names
    document: PolicyDocument


class ActivationCreate(Shape):
    version: Annotated[int, Field(strict=True, ge=1, json_schema_extra={"format": "int32"})] | None = None


class PolicyVersionRead(Read):
    id: UUID
    version: Count
    status: str
    name: dict[str, str]
    document: dict[str, Any]
    author: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None


class PolicyRead(PolicyVersionRead):
    versions: list[PolicyVersionRead]
