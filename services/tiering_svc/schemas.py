"""HTTP shapes of tiering."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared.chassis import Code, Instant, Name, Read, Shape, SignedAmount, Text

Count = Annotated[int, Field(json_schema_extra={"format": "int32"})]
Months = Annotated[int, Field(strict=True, json_schema_extra={"format": "int32"})]
Exact = Annotated[
    str, Field(strict=True, pattern=r"^-?\d{1,14}(\.\d{1,4})?$", description="a decimal in text", examples=["800"])
]


class Names(Shape):
    en: Name
    zh: Name


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


class IndicatorRead(Read):
    code: str
    group: str
    unit: str
    window: str
    gradable: bool
    name: dict[str, str]
    definition: dict[str, str]


class IndicatorValueRead(Read):
    code: str
    unit: str
    value: str | None = Field(description="a decimal in text; null when it is not known")


class MonthsRead(Read):
    from_: str = Field(serialization_alias="from")
    to: str
    months: Count


class CustomerIndicatorsRead(Read):
    customer_id: UUID
    as_of: datetime
    window: MonthsRead
    indicators: list[IndicatorValueRead]


class PolicyReference(Read):
    id: UUID
    version: Count
    name: dict[str, str]


class NextTierRead(Read):
    code: str
    name: dict[str, str]
    indicator: str
    from_: str = Field(serialization_alias="from")
    missing: str


class TierRead(Read):
    customer_id: UUID
    tier: str
    name: dict[str, str]
    rank: Count
    since: datetime
    kind: str
    policy: PolicyReference
    value: str | None = Field(description="what the policy in force looks at, as of now")
    next: NextTierRead | None
    kept_until: datetime | None = Field(description="not lowered before: grace, retention or an override")
    below_since: datetime | None
    overridden_until: datetime | None


class HistoryRowRead(Read):
    id: UUID
    tier: str
    name: dict[str, str]
    rank: Count
    previous_tier: str | None
    kind: str
    effective_from: datetime
    effective_to: datetime | None
    decided_at: datetime
    policy_id: UUID
    policy_version: Count
    evaluation_id: UUID | None


class HistoryRead(Read):
    customer_id: UUID
    known_at: datetime
    items: list[HistoryRowRead]


class ExplanationRead(Read):
    customer_id: UUID
    at: datetime
    known_at: datetime
    tier: HistoryRowRead
    words: str
    reasons: dict[str, Any]


class OverrideCreate(Shape):
    tier: Code
    reason: Text = Field(min_length=1)
    until: Instant


class EvaluationCreate(Shape):
    as_of: Instant | None = Field(default=None, description="now, if not given")
    apply: bool = Field(default=True, strict=True)


class EvaluationRead(Read):
    id: UUID
    as_of: datetime
    status: str
    simulated_because: str | None
    policy_id: UUID
    policy_version: Count
    customers: Count
    outcomes: dict[str, int]
    cutoffs: list[dict[str, str]] | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class MoverRead(Read):
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str
    graded: str


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
