"""What tiering announces of early warnings (T12): about customers, and about classes of them and product lines."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Amount, Code, Event, Instant, catalogued
from shared.events.tiering import TOPIC


class WarningEvent(Event):
    """Base of an early warning's events (T12): which one it is. Its words stay with tiering."""

    topic: ClassVar[str] = TOPIC

    customer_id: UUID
    """The customer it is about."""
    warning_id: UUID
    """The warning: the same from its raising to its closing."""
    cause: Code
    """What it warns of, a code of its rule."""


class ForecastEvent(WarningEvent):
    """Base of the events that also say how likely the customer is to be lost, and what that would cost (T12)."""

    likelihood: Amount | None = None
    """How likely a loss is over the months to come, 0 to 1; None: not known, nor the two below."""
    value_at_stake: Amount | None = None
    """What the customer would bring over these months by its own rate."""
    expected_loss: Amount | None = None
    """The likelihood times the value at stake."""


@catalogued
class WarningRaised(ForecastEvent):
    """An early warning about a customer was raised. Until it is closed there is no other one of its cause."""

    type: ClassVar[str] = "tiering.warning_raised.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Code
    """How grave it is: `yellow`, or `red`, the worst; there may be others."""
    rule_id: UUID
    """The rule that raised it."""
    rule_version: int
    """That rule's version."""
    owner: Code | None = None
    """Whose it is: the account manager's, by the employee's code."""
    as_of: Instant
    """The instant as of which the cause was there."""


@catalogued
class WarningEscalated(ForecastEvent):
    """An early warning got worse; it stays the same warning."""

    type: ClassVar[str] = "tiering.warning_escalated.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Code
    """How grave it is now: `yellow`, or `red`, the worst; there may be others."""
    since: Instant
    """When the warning was raised."""
    as_of: Instant
    """The instant as of which it was worse."""


@catalogued
class WarningEased(ForecastEvent):
    """An early warning got milder, since a loss became less likely; it stays the same warning."""

    type: ClassVar[str] = "tiering.warning_eased.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Code
    """How grave it is now: `yellow`, or `red`, the worst; there may be others."""
    since: Instant
    """When the warning was raised."""
    as_of: Instant
    """The instant as of which it was milder."""


@catalogued
class WarningClosed(WarningEvent):
    """An early warning was closed."""

    type: ClassVar[str] = "tiering.warning_closed.v1"
    time_field: ClassVar[str] = "closed_at"

    closing: Code
    """Why: `cause_gone`, `rule_retired`, or the reason a person gave, a code."""
    closed_at: Instant
    """When it was closed."""


class ClassWarningEvent(Event):
    """Base of the events of an early warning about a class of customers or a product line (T12)."""

    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "warning_id"

    warning_id: UUID
    """The warning, which is also the key: there is no one customer."""
    subject_kind: Code
    """What it is about: `class`, `product_line`."""
    dimension: Code
    """By what the class is made: `tier`, `region`, `industry`, `kind`, `stage`, `manager`; `category` of goods."""
    subject_code: Code
    """Which class of these: the code of the tier, of the region, of the category."""
    cause: Code
    """What it warns of, a code of its rule."""


@catalogued
class ClassWarningRaised(ClassWarningEvent):
    """An early warning about a class of customers or a product line was raised."""

    type: ClassVar[str] = "tiering.class_warning_raised.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Code
    """How grave it is: `yellow`, or `red`, the worst; there may be others."""
    rule_id: UUID
    """The rule that raised it."""
    rule_version: int
    """That rule's version."""
    owner: Code | None = None
    """Whose it is: of a class of one manager's customers that manager, by the employee's code."""
    as_of: Instant
    """The instant as of which the cause was there."""


@catalogued
class ClassWarningEscalated(ClassWarningEvent):
    """An early warning about a class of customers or a product line got worse; it stays the same warning."""

    type: ClassVar[str] = "tiering.class_warning_escalated.v1"
    time_field: ClassVar[str] = "as_of"

    severity: Code
    """How grave it is now: `yellow`, or `red`, the worst; there may be others."""
    since: Instant
    """When the warning was raised."""
    as_of: Instant
    """The instant as of which it was worse."""


@catalogued
class ClassWarningClosed(ClassWarningEvent):
    """An early warning about a class of customers or a product line was closed."""

    type: ClassVar[str] = "tiering.class_warning_closed.v1"
    time_field: ClassVar[str] = "closed_at"

    closing: Code
    """Why: `cause_gone`, `rule_retired`, or the reason a person gave, a code."""
    closed_at: Instant
    """When it was closed."""
