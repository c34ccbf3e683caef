"""The contact log (P6): who spoke with the customer, when, by which channel, what was spoken of, and the next step.

A next step is a task: it has a day and an owner, and it is open until somebody says that it was done.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.errors import conflict, invalid
from shared.events import ContactLogged, Event, NextStepCompleted

Channel = Literal["call", "visit", "email", "fax", "letter", "chat", "meeting"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What was agreed: what, until which day, and which employee owes it; open until `completed_at`."""

    what: str
    on: date
    owner: str  # an employee
    completed_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """An employee spoke with the customer, or with somebody there. `summary` is free text and never leaves profile."""

    id: UUID
    customer_id: UUID
    contacted_at: datetime
    channel: Channel
    employee_id: str
    summary: str
    partner: str | None = None  # with whom: a name
    position: str | None = None  # and what they are there
    next_step: NextStep | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A next step that is not done yet; `customer_name` None: the file is a reference only."""

    entry_id: UUID
    customer_id: UUID
    customer_name: str | None
    what: str
    on: date
    owner: str


def log_contact(contact: Contact, contacted_on: date) -> tuple[Contact, list[Event]]:
    """Check a contact that was made, and announce it. `contacted_on` is its day in the business's time zone.

    422 when its next step is due before that day.
    """
    step = contact.next_step
    if step is not None and step.on < contacted_on:
        raise invalid("before_the_contact", "A next step comes after its contact.", pointer="/next_step/on")
    return contact, [
        ContactLogged(
            customer_id=contact.customer_id,
            entry_id=contact.id,
            employee_id=contact.employee_id,
            channel=contact.channel,
            contacted_at=contact.contacted_at,
            next_step_on=None if step is None else step.on,
            next_step_owner=None if step is None else step.owner,
        )
    ]


def complete_next_step(contact: Contact, completed_at: datetime, outcome: str | None) -> tuple[Contact, list[Event]]:
    """The next step of a contact was done at `completed_at`. Completing it again changes and announces nothing.

    409 when nothing was agreed, 422 when it would be done before the contact.
    """
    step = contact.next_step
    if step is None:
        raise conflict("no_next_step", "Nothing was agreed at this contact.")
    if step.completed_at is not None:
        return contact, []
    if completed_at < contact.contacted_at:
        raise invalid("before_the_contact", "A next step comes after its contact.", pointer="/completed_at")
    done = replace(contact, next_step=replace(step, completed_at=completed_at, outcome=outcome))
    return done, [
        NextStepCompleted(customer_id=contact.customer_id, entry_id=contact.id, completed_at=completed_at)
    ]  # fmt: skip
