"""HTTP shapes of consents (P13)."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.profile_svc.consents.domain import ConsentDecision
from shared.chassis import AnnouncedCode, Id, Instant, Read, Shape


class ConsentCreate(Shape):
    """A customer said what it allows."""

    purpose: AnnouncedCode = Field(description="for what: marketing, service, care, survey …; any: for whatever")
    channel: AnnouncedCode = Field(description="by which channel: call, text, email, letter …; any: by whichever")
    granted: bool = Field(description="true: allowed; false: forbidden, or no longer allowed")
    origin: AnnouncedCode = Field(description="how it was said: form, call, email, letter, web …")
    contact_id: Id | None = Field(
        default=None, description="the contact who said so: whom a case names, by the case's id; null: the customer"
    )
    since: Instant | None = Field(default=None, alias="from", description="since when; now, if not given")


class ConsentRead(Read):
    """A statement of a customer."""

    id: UUID
    customer_id: UUID = Field(description="who said so; of customers that are one it may be the other")
    purpose: str
    channel: str
    granted: bool
    changed_at: datetime = Field(description="since when")
    recorded_at: datetime = Field(description="when it was entered")
    origin: str
    recorded_by: str
    contact_id: UUID | None = Field(description="the contact who said so; null: the customer itself")


class ConsentsRead(Read):
    """What a customer said, and with that what holds."""

    customer_id: UUID
    as_of: datetime
    known_at: datetime
    holds: list[ConsentRead] = Field(description="the last statement for each purpose and channel that was named")
    history: list[ConsentRead] = Field(description="all statements up to then, the oldest first")
    allowed_by_default: list[str] = Field(description="purposes that need no statement")


class ConsentDecisionRead(Read):
    """Whether the customer may be written or called to."""

    customer_id: UUID
    purpose: str
    channel: str
    granted: bool
    because: ConsentRead | None = Field(description="the statement that says so; null: nothing was said, the default")


def show_decision(customer_id: UUID, purpose: str, channel: str, decision: ConsentDecision) -> ConsentDecisionRead:
    """The answer for a decision."""
    because = None if decision.because is None else ConsentRead.model_validate(decision.because)
    return ConsentDecisionRead(
        customer_id=customer_id, purpose=purpose, channel=channel, granted=decision.granted, because=because
    )
