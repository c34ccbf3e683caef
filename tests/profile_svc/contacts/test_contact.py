"""The contact log as decisions (P6): what is logged is announced without its text, a next step is done once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.profile_svc.contacts.domain import Contact, NextStep, complete_next_step, log_contact
from shared.errors import DomainError
from shared.events import NextStepCompleted

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
STEP = NextStep("send the offer", date(2026, 11, 24), "e-7")
CONTACT = Contact(UUID(int=1), UUID(int=2), AT, "call", "e-3", "Asked for a better price.", next_step=STEP)


def test_P6_a_contact_is_announced_without_what_was_spoken_of() -> None:
    contact, [event] = log_contact(CONTACT, AT.date())
    assert contact == CONTACT
    assert event.model_dump(exclude={"meta"}) == {
        "customer_id": UUID(int=2), "entry_id": UUID(int=1), "employee_id": "e-3", "channel": "call",
        "contacted_at": AT, "next_step_on": date(2026, 11, 24), "next_step_owner": "e-7",
    }  # fmt: skip


def test_P6_a_next_step_is_due_on_the_day_of_the_contact_or_later() -> None:
    log_contact(replace(CONTACT, next_step=replace(STEP, on=AT.date())), AT.date())
    with pytest.raises(DomainError, match="after its contact") as refused:
        log_contact(replace(CONTACT, next_step=replace(STEP, on=AT.date() - timedelta(days=1))), AT.date())
    assert refused.value.pointer == "/next_step/on"


def test_P6_a_next_step_is_done_once() -> None:
    done, events = complete_next_step(CONTACT, AT + timedelta(days=1), "sent")
    assert done.next_step == replace(STEP, completed_at=AT + timedelta(days=1), outcome="sent")
    assert [type(event) for event in events] == [NextStepCompleted]
    assert complete_next_step(done, AT + timedelta(days=2), "again") == (done, [])


@pytest.mark.parametrize(
    ("contact", "completed_at", "code"),
    [
        (replace(CONTACT, next_step=None), AT, "no_next_step"),
        (CONTACT, AT - timedelta(minutes=1), "before_the_contact"),
    ],
)
def test_P6_what_was_not_agreed_or_not_yet_is_not_done(contact: Contact, completed_at: datetime, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        complete_next_step(contact, completed_at, None)
    assert refused.value.code == code
