"""A customer's tier over HTTP: now, its history, why (T9, T10)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, PolicyReference
from shared.chassis import Code, Instant, Read, Shape, Text


class NextTierRead(Read):
    """What is missing for the next level up."""

    code: str
    name: dict[str, str]
    indicator: str | None = Field(description="what the level looks at; null for a score or a matrix")
    unit: str | None = Field(description="of `from` and `missing`: money, count, ratio, days, points")
    from_: str | None = Field(serialization_alias="from")
    up_to: str | None = Field(description="instead of `from`, where less is better")
    more_than: str | None = Field(description="instead of `from`, of stars: in every full month")
    months_short: list[dict[str, str]] = Field(description="of stars: the full months that were not over it")
    earliest_month: str | None = Field(description="of stars: with such months from now on, the first it can be had in")
    missing: str | None = Field(
        description="null when it is not one number, or not the reader's to read; too much where less is better"
    )
    items: list[dict[str, Any]] = Field(description="of a score: what each indicator has left")
    ways: list[dict[str, Any]] = Field(description="of a matrix: the nearest cells that give the level")
    held_by: list[dict[str, str]] = Field(description="conditions that keep the customer below the level")


class TierRead(Read):
    """A customer's tier now."""

    customer_id: UUID
    tier: str
    name: dict[str, str]
    rank: Count
    since: datetime
    kind: str
    policy: PolicyReference
    value: str | None = Field(
        description="what the policy in force looks at, as of now; null: not known, or not the reader's to read"
    )
    next: NextTierRead | None
    kept_until: datetime | None = Field(description="not lowered before: grace, retention or an override")
    below_since: datetime | None
    overridden_until: datetime | None


class JoinedTierRead(Read):
    """The tier that two customers would have if they were found to be one now."""

    root_id: UUID
    absorbed_id: UUID
    tier: str | None = Field(description="null: neither has any fact that gives one")
    name: dict[str, str] | None
    rank: Count | None
    overridden_until: datetime | None = Field(description="set by a person for either of them")


class HistoryRowRead(Read):
    """A row of the tier history."""

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
    """The tier history as it was known at an instant."""

    customer_id: UUID
    known_at: datetime
    items: list[HistoryRowRead]


class PrivilegeRead(Read):
    """What a person set for one customer: a tier until a date, or that its tier is kept until a date."""

    id: UUID
    customer_id: UUID
    tier: str
    starts_at: datetime
    until: datetime
    reason: str
    set_by: str
    set_at: datetime
    ended_at: datetime | None
    ended_by: str | None = Field(description="null while it is on, or when it ended by itself")
    ended_because: str | None


class DevelopmentRead(Read):
    """Something that happened since a tier began and did not change it."""

    kind: str = Field(description="kept, grace (by a review), promise, promise_withdrawn, override_ended, policy")
    at: datetime
    evaluation_id: UUID | None = Field(description="the review, where it was one")
    until: datetime | None = Field(description="of grace and of a promise")
    policy: PolicyReference | None = Field(description="the policy in force from then on")


class FiguresRead(Read):
    """The figures as of the instant asked about, by the policy in force then."""

    policy: PolicyReference
    reasons: dict[str, Any] = Field(description="what the policy looks at, what it gives, what is missing for more")
    next: NextTierRead | None = Field(description="the same as of the tier; null at the top, or on another pyramid")


class ExplanationRead(Read):
    """Why a customer was in its tier, in words and as data, as far as the reader may read the figures."""

    customer_id: UUID
    as_of: datetime
    known_at: datetime
    tier: HistoryRowRead
    words: str
    reasons: dict[str, Any] = Field(
        description="what the decision looked at when it was made; `next` as of the instant asked about, as in `now`"
    )
    since_then: list[DevelopmentRead] = Field(description="what happened since the tier began, in order of time")
    below_since: datetime | None = Field(description="the review that found its figures too low for it")
    grace_until: datetime | None
    retained_until: datetime | None = Field(description="the policy keeps the tier until then")
    promised_until: datetime | None = Field(description="a person promised not to lower it before")
    overridden_until: datetime | None = Field(description="a person set the tier until then")
    privilege: PrivilegeRead | None = Field(
        description="who set or promised the tier, and why, if one was on; null for partners"
    )
    now: FiguresRead
    account_class: str | None = Field(description="key (account) or excluded, if it was either then")


class RetentionCreate(Shape):
    """A promise that the tier is not lowered before a date."""

    reason: Text = Field(min_length=1)
    until: Instant


class EndCreate(Shape):
    """Why something ends early."""

    reason: Text = Field(min_length=1)


class OverrideCreate(Shape):
    """A tier that is set until a date."""

    tier: Code
    reason: Text = Field(min_length=1)
    until: Instant
