"""The contact log over HTTP (P6)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.profile_svc.contacts.domain import Channel, Contact, NextStep
from shared.chassis import Code, Day, Id, Instant, Name, Read, Shape, Text

Said = Annotated[Text, StringConstraints(min_length=1)]


class NextStepCreate(Shape):
    what: Said
    on: Day
    owner: Code | None = Field(default=None, description="an employee; who made the contact, if not said")


class ContactCreate(Shape):
    contacted_at: Instant
    channel: Channel
    employee_id: Code = Field(description="who spoke with the customer")
    partner: Name | None = Field(default=None, description="with whom")
    position: Name | None = Field(default=None, description="what they are there")
    said: Said
    next_step: NextStepCreate | None = None

    def contact(self, id: UUID, customer_id: UUID) -> Contact:
        step = self.next_step
        return Contact(
            id, customer_id, self.contacted_at, self.channel, self.employee_id, self.said, self.partner, self.position,
            None if step is None else NextStep(step.what, step.on, step.owner or self.employee_id),
        )  # fmt: skip


class CompletionCreate(Shape):
    completed_at: Instant | None = Field(default=None, description="now, if not said")
    outcome: Text | None = None


class NextStepRead(Read):
    what: str
    on: Day
    owner: str
    completed_at: Instant | None
    outcome: str | None


class ContactRead(Read):
    id: Id
    contacted_at: Instant
    channel: Channel
    employee_id: str
    partner: str | None
    position: str | None
    said: str
    next_step: NextStepRead | None


def show_contact(contact: Contact) -> ContactRead:
    step = contact.next_step
    return ContactRead(
        id=contact.id,
        contacted_at=contact.contacted_at,
        channel=contact.channel,
        employee_id=contact.employee_id,
        partner=contact.partner,
        position=contact.position,
        said=contact.said,
        next_step=None
        if step is None
        else NextStepRead(
            what=step.what, on=step.on, owner=step.owner, completed_at=step.completed_at, outcome=step.outcome
        ),
    )
