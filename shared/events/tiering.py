"""What tiering announces: a customer's tier changed, a policy is in force, a review was applied (T9, T10)."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Amount, Code, Event, Instant, catalogued

TOPIC = "patron.tiering"


@catalogued
class TierChanged(Event):
    """From `effective_from` on the customer is in `tier`. A correction replaces what stood from that instant on."""

    type: ClassVar[str] = "tiering.tier_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "effective_from"

    customer_id: UUID
    change_id: UUID
    previous_tier: Code | None = None
    tier: Code
    rank: int  # 0 is the lowest level; higher is better, so consumers can compare tiers they do not know
    kind: Literal["first", "upgrade", "downgrade", "correction", "override"]
    effective_from: Instant
    decided_at: Instant
    policy_id: UUID
    policy_version: int
    run_id: UUID | None = None


@catalogued
class PolicyActivated(Event):
    type: ClassVar[str] = "tiering.policy_activated.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "policy_id"
    time_field: ClassVar[str] = "activated_at"

    policy_id: UUID
    version: int
    activated_at: Instant


@catalogued
class ReviewApplied(Event):
    type: ClassVar[str] = "tiering.review_applied.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "run_id"
    time_field: ClassVar[str] = "as_of"

    run_id: UUID
    as_of: Instant
    policy_id: UUID
    policy_version: int
    customers: int
    up: int
    down: int


@catalogued
class SatisfactionMeasured(Event):
    """A questionnaire came in. Satisfaction is experience less expectation, on the scale of the index (T16)."""

    type: ClassVar[str] = "tiering.satisfaction_measured.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "answered_at"

    customer_id: UUID
    answer_id: UUID
    expectation: Amount
    experience: Amount
    answered_at: Instant


class WarningEvent(Event):
    """Base of an early warning's events (T12). `cause` is what it warns of; its words stay with tiering."""

    topic: ClassVar[str] = TOPIC

    customer_id: UUID
    warning_id: UUID
    cause: Code


@catalogued
class WarningRaised(WarningEvent):
    """As of `as_of` the cause was there. Until it is closed there is no other warning of this cause."""

    type: ClassVar[str] = "tiering.warning_raised.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Literal["yellow", "red"]
    rule_id: UUID
    rule_version: int
    owner: Code | None = None  # whose it is: the account manager's, by the employee's code
    as_of: Instant


@catalogued
class WarningEscalated(WarningEvent):
    """It got worse, in place."""

    type: ClassVar[str] = "tiering.warning_escalated.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Literal["yellow", "red"]
    as_of: Instant


@catalogued
class WarningClosed(WarningEvent):
    type: ClassVar[str] = "tiering.warning_closed.v1"
    time_field: ClassVar[str] = "closed_at"

    closing: Code  # cause_gone, rule_retired, or the reason a person gave
    closed_at: Instant
