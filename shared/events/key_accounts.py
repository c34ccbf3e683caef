"""What tiering announces of key accounts and exclusions, and of their risks (T8)."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued
from shared.events.tiering import TOPIC


class AccountEvent(Event):
    """Base of the events of a key account, or of an excluded customer (T8). Reasons stay with tiering."""

    topic: ClassVar[str] = TOPIC

    customer_id: UUID
    """The customer it is about."""
    class_id: UUID
    """The approved nomination it rests on: the same at its beginning and its end."""


@catalogued
class KeyAccountApproved(AccountEvent):
    """A customer is a key account of these kinds from now on (T8)."""

    type: ClassVar[str] = "tiering.key_account_approved.v1"
    time_field: ClassVar[str] = "since"

    kinds: tuple[Code, ...]
    """As which kinds of key account, one or more: `economic`, `important`, `group`, `strategic`; there may be
    others."""
    overridden: tuple[Code, ...] = ()
    """Disqualifying rules that it met and an approver set aside, by their codes."""
    since: Instant
    """From when on it holds."""


@catalogued
class KeyAccountEnded(AccountEvent):
    """A customer is a key account by this nomination no longer (T8)."""

    type: ClassVar[str] = "tiering.key_account_ended.v1"
    time_field: ClassVar[str] = "ended_at"

    cause: Code
    """Why: `ended`, `renewed` (another nomination took its place at the same instant), or `excluded` from now on; there
    may be others."""
    ended_at: Instant
    """Until when it held."""


@catalogued
class CustomerExcluded(AccountEvent):
    """A customer is excluded from now on, so it is not served any more (T8). Whoever takes orders can refuse."""

    type: ClassVar[str] = "tiering.customer_excluded.v1"
    time_field: ClassVar[str] = "since"

    since: Instant
    """From when on it holds."""


@catalogued
class CustomerExclusionEnded(AccountEvent):
    """A customer may be served again (T8)."""

    type: ClassVar[str] = "tiering.customer_exclusion_ended.v1"
    time_field: ClassVar[str] = "ended_at"

    ended_at: Instant
    """Until when it held."""


class RiskEvent(Event):
    """Base of a risk flag's events (T8)."""

    topic: ClassVar[str] = TOPIC

    customer_id: UUID
    """The customer at risk."""
    flag_id: UUID
    """The risk flag."""
    risk: Code
    """Which risk it is: `finance`, `profit`, `management`, `churn`, `concentration`; there may be others."""


@catalogued
class RiskFlagRaised(RiskEvent):
    """A risk flag went up at a key account: by a rule, or by a person until an instant (T8)."""

    type: ClassVar[str] = "tiering.risk_flag_raised.v1"
    time_field: ClassVar[str] = "raised_at"

    source: Literal["rule", "hand"]
    """Whether a rule raised it, or a person."""
    rule: Code | None = None
    """The rule's code, where one did."""
    until: Instant | None = None
    """When it is cleared by itself, where a person said so."""
    raised_at: Instant
    """When it was raised."""


@catalogued
class RiskFlagCleared(RiskEvent):
    """A risk flag came down (T8)."""

    type: ClassVar[str] = "tiering.risk_flag_cleared.v1"
    time_field: ClassVar[str] = "cleared_at"

    cause: Code
    """Why: `by_hand` (a person did), `end_reached`, `cause_gone`, `not_a_key_account` (any more); there may be
    others."""
    cleared_at: Instant
    """When it was cleared."""
