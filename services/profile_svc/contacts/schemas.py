"""The contact log over HTTP (P6)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.profile_svc.contacts.domain import Channel, Contact, NextStep
from shared.chassis import Code, Day, Id, Instant, Name, Read, Shape, Text

Sentence = Annotated[Text, StringConstraints(min_length=1)]


class NextStepCreate(Shape):
    """What was agreed, and until when."""

    what: Sentence
    on: Day
    owner: Code | None = Field(default=None, description="an employee; who made the contact, if not given")


class ContactCreate(Shape):
    """A contact to enter into the log."""

    contacted_at: Instant
    channel: Channel
    employee_id: Code = Field(description="who spoke with the customer")
    partner: Name | None = Field(default=None, description="with whom")
    position: Name | None = Field(default=None, description="what they are there")
    summary: Sentence = Field(description="what was spoken of")
    next_step: NextStepCreate | None = None

    def contact(self, id: UUID, customer_id: UUID) -> Contact:
        """The entry that this becomes."""
        step = self.next_step
        return Contact(
            id=id,
            customer_id=customer_id,
            contacted_at=self.contacted_at,
            channel=self.channel,
            employee_id=self.employee_id,
            summary=self.summary,
            partner=self.partner,
            position=self.position,
            next_step=None if step is None else NextStep(step.what, step.on, step.owner or self.employee_id),
        )


class CompletionCreate(Shape):
    """That the next step was done."""

    completed_at: Instant | None = Field(default=None, description="now, if not given")
    outcome: Text | None = None


class NextStepRead(Read):
    """What was agreed; open until `completed_at`."""

    what: str
    on: Day
    owner: str
    completed_at: Instant | None
    outcome: str | None


class ContactRead(Read):
    """An entry of the contact log."""

    id: Id
    contacted_at: Instant
    channel: Channel
    employee_id: str
    partner: str | None
    position: str | None
    summary: str
    next_step: NextStepRead | None


def show_contact(contact: Contact) -> ContactRead:
    """An entry as the company's own people see it."""
    step = contact.next_step
    return ContactRead(
        id=contact.id,
        contacted_at=contact.contacted_at,
        channel=contact.channel,
        employee_id=contact.employee_id,
        partner=contact.partner,
        position=contact.position,
        summary=contact.summary,
        next_step=None
        if step is None
        else NextStepRead(
            what=step.what, on=step.on, owner=step.owner, completed_at=step.completed_at, outcome=step.outcome
        ),
    )
