"""What tiering announces of warnings about classes of customers and product lines (T12)."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued
from shared.events.tiering import TOPIC


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

    severity: Literal["yellow", "red"]
    """How grave it is."""
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

    severity: Literal["yellow", "red"]
    """How grave it is now."""
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
