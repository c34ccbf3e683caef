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
    since: Instant  # of the raising
    as_of: Instant


@catalogued
class WarningClosed(WarningEvent):
    type: ClassVar[str] = "tiering.warning_closed.v1"
    time_field: ClassVar[str] = "closed_at"

    closing: Code  # cause_gone, rule_retired, or the reason a person gave
    closed_at: Instant


class AccountEvent(Event):
    """Base of what happens to a key account or a customer never served (T8). Reasons stay with tiering."""

    topic: ClassVar[str] = TOPIC

    customer_id: UUID
    class_id: UUID  # the approved nomination's


@catalogued
class KeyAccountApproved(AccountEvent):
    """From `since` on the customer is a key account of these kinds."""

    type: ClassVar[str] = "tiering.key_account_approved.v1"
    time_field: ClassVar[str] = "since"

    kinds: tuple[Literal["economic", "important", "group", "strategic"], ...]
    overridden: tuple[Code, ...] = ()  # exclusion rules that it met and an approver set aside
    since: Instant


@catalogued
class KeyAccountEnded(AccountEvent):
    """`renewed`: another nomination took its place at the same instant."""

    type: ClassVar[str] = "tiering.key_account_ended.v1"
    time_field: ClassVar[str] = "ended_at"

    cause: Literal["ended", "renewed", "never_served"]
    ended_at: Instant


@catalogued
class CustomerExcluded(AccountEvent):
    type: ClassVar[str] = "tiering.customer_excluded.v1"
    time_field: ClassVar[str] = "since"

    since: Instant


@catalogued
class CustomerExclusionEnded(AccountEvent):
    type: ClassVar[str] = "tiering.customer_exclusion_ended.v1"
    time_field: ClassVar[str] = "ended_at"

    ended_at: Instant


class RiskEvent(Event):
    """Base of a risk flag's events (T8)."""

    topic: ClassVar[str] = TOPIC

    customer_id: UUID
    flag_id: UUID
    risk: Literal["finance", "profit", "management", "churn", "concentration"]


@catalogued
class RiskFlagRaised(RiskEvent):
    """By a rule (its code), or by hand until an instant."""

    type: ClassVar[str] = "tiering.risk_flag_raised.v1"
    time_field: ClassVar[str] = "raised_at"

    source: Literal["rule", "hand"]
    rule: Code | None = None
    until: Instant | None = None
    raised_at: Instant


@catalogued
class RiskFlagCleared(RiskEvent):
    type: ClassVar[str] = "tiering.risk_flag_cleared.v1"
    time_field: ClassVar[str] = "cleared_at"

    cause: Literal["by_hand", "end_reached", "cause_gone", "not_a_key_account"]
    cleared_at: Instant
