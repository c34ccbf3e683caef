"""What tiering announces of where a customer is in its life with the company, as sweeps find it (T11, T13)."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued
from shared.events.tiering import TOPIC


@catalogued
class CustomerStageChanged(Event):
    """A sweep found a customer in another stage, or another type of relationship, than the last one did (T11)."""

    type: ClassVar[str] = "tiering.customer_stage_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "as_of"

    customer_id: UUID
    """Whose stage it is."""
    stage: Code
    """Where it is now: `acquire`, `expand`, `retain`, `dormant`, `lost`; there may be others."""
    previous_stage: Code | None = None
    """The stage that the last sweep found; the same where only the relationship changed. Missing at the first one."""
    relationship: Code | None = None
    """What relationship it calls for: `basic`, `reactive`, `accountable`, `proactive`, `partner`; there may be others.
    Missing: not known."""
    since: Instant
    """The instant as of which a sweep first found it in this stage."""
    as_of: Instant
    """The instant as of which it was found so."""


@catalogued
class CustomerLost(Event):
    """A sweep found that a customer has been silent for so long that it counts as lost (T13)."""

    type: ClassVar[str] = "tiering.customer_lost.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "as_of"

    customer_id: UUID
    """Who is lost."""
    previous_stage: Code | None = None
    """The stage that the last sweep found. Missing at the first one."""
    last_order_at: Instant
    """When it ordered last."""
    as_of: Instant
    """The instant as of which it was found to be lost."""
