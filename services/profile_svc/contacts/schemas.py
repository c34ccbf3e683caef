"""The contact log over HTTP (P6)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.profile_svc.contacts.domain import Channel, Contact, NextStep, OpenStep
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


class TaskRead(Read):
    """A next step that an employee owes."""

    entry_id: Id = Field(description="the entry of the contact log that it stands in")
    customer_id: Id
    customer_name: str | None = Field(description="null: the file has no name yet")
    what: str
    on: Day = Field(description="by which day")
    is_overdue: bool = Field(description="that day is over")
    owner: str = Field(description="whose task it is: the employee's, of whom they stand in for, or of who left")


def show_task(step: OpenStep, today: date) -> TaskRead:
    """A task as it stands on a day of the business."""
    return TaskRead(
        entry_id=step.entry_id,
        customer_id=step.customer_id,
        customer_name=step.customer_name,
        what=step.what,
        on=step.on,
        is_overdue=step.on < today,
        owner=step.owner,
    )


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
