"""A customer's tier over HTTP: now, its history, why (T9, T10)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.tiering_svc.schemas.common import Count, PolicyReference
from shared.chassis import Code, Instant, Read, Shape, Text


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
