"""Which message a fact asks for, by which channel, and what becomes of it (C2, P13), without a database."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.messages.domain.message import (
    CHANNELS,
    Message,
    MessageReport,
    Occasion,
    ReportedState,
    address_by,
    case_number,
    is_timely,
    occasion_of_acknowledgement,
    report_delivery,
    request_message,
)
from shared.errors import DomainError, Kind
from shared.events import ComplaintAcknowledged, MessageRequested

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA, CASE, MESSAGE = UUID(int=1), UUID("018f0000-0000-7000-8000-0000abcdef12"), UUID(int=3)
OCCASION = Occasion("acknowledged:x", ADA, "complaint_received", NOON, {"case": "C-ABCDEF12"})


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def file_of(**facts: Any) -> CustomerFile:
    return CustomerFile(ADA, "person", facts, 1, NOON, NOON)


REACHABLE = file_of(
    emails=[{"address": "ada@example.com"}, {"address": "b@example.com"}],
    phones=[{"number": "1", "e164": "+12025550100", "kind": "mobile"}],
)


def message_of(state: str = "requested") -> Message:
    return Message(
        MESSAGE, ADA, None, "complaint_received", "service", None if state == "withheld" else "email", {}, "x", state,
        "no_address" if state == "withheld" else None, NOON, NOON,
    )  # fmt: skip


def acknowledged(**fields: Any) -> ComplaintAcknowledged:
    given: dict[str, Any] = {
        "case_id": CASE, "subject_id": CASE, "customer_id": ADA, "kind": "complaint", "acknowledged_at": NOON
    }  # fmt: skip
    return ComplaintAcknowledged(**(given | fields))


def refusal_of(call: Callable[[], object]) -> tuple[Kind, str]:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.kind, refused.value.code


# --- the occasion ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "template"),
    [("complaint", "complaint_received"), ("inquiry", "case_received"), ("a_kind_to_come", "case_received")],
)
def test_C2_an_acknowledged_case_tells_its_customer(kind: str, template: str) -> None:
    occasion = occasion_of_acknowledgement(acknowledged(kind=kind, answer_by=minutes(90)))
    assert occasion == Occasion(
        f"acknowledged:{CASE}:2026-06-01T12:00:00+00:00",
        ADA,
        template,
        NOON,
        {"case": "C-ABCDEF12", "answer_by": "2026-06-01T13:30:00+00:00"},
    )


def test_C2_a_case_without_a_promise_names_none() -> None:
    occasion = occasion_of_acknowledgement(acknowledged(answer_by=None))
    assert occasion is not None
    assert occasion.data == {"case": "C-ABCDEF12"}


def test_C2_the_same_acknowledgement_is_the_same_occasion_and_another_one_is_not() -> None:
    first, again, later = (
        occasion_of_acknowledgement(acknowledged(acknowledged_at=at)) for at in (NOON, NOON, minutes(5))
    )
    assert first is not None
    assert later is not None
    assert first == again
    assert first.key != later.key


def test_C2_of_a_case_of_nobody_known_there_is_nobody_to_tell() -> None:
    assert occasion_of_acknowledgement(acknowledged(customer_id=None)) is None


def test_C2_a_case_is_named_by_the_end_of_its_id() -> None:
    assert case_number(UUID(int=0xBEEF)) == "C-0000BEEF"


def test_C2_news_of_long_ago_are_none() -> None:
    latest = timedelta(hours=72)
    assert is_timely(OCCASION, NOON + latest, latest)
    assert not is_timely(OCCASION, NOON + latest + timedelta(microseconds=1), latest)


# --- the channel -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phones", "number"),
    [
        ([], None),
        ([{"number": "1", "e164": "+1", "kind": "landline"}, {"number": "2", "e164": "+2", "kind": "fax"}], None),
        ([{"number": "1", "e164": "+1", "kind": "landline"}, {"number": "2", "e164": "+2", "kind": "mobile"}], "+2"),
        ([{"number": "1", "e164": "+1"}, {"number": "2", "e164": "+2", "kind": "mobile"}], "+1"),
        ([{"number": "1", "e164": None, "kind": "mobile"}, {"number": "2", "e164": "+2"}], "+2"),
        ([{"number": "1", "kind": "mobile"}], None),
    ],
)
def test_a_text_goes_to_the_first_number_that_takes_one(phones: list[dict[str, Any]], number: str | None) -> None:
    assert address_by(file_of(phones=phones), "text") == number


def test_a_mail_goes_to_the_first_address() -> None:
    assert address_by(REACHABLE, "email") == "ada@example.com"
    assert [address_by(file, channel) for file in (file_of(), None) for channel in CHANNELS] == [None] * 4


@pytest.mark.parametrize("mail", [True, False])
@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("has_mail", [True, False])
@pytest.mark.parametrize("has_number", [True, False])
def test_P13_a_message_goes_by_a_channel_that_is_allowed_and_there_or_is_withheld(
    mail: bool, text: bool, has_mail: bool, has_number: bool
) -> None:
    facts = {name: REACHABLE.facts[name] for name, has in (("emails", has_mail), ("phones", has_number)) if has}
    message = request_message(MESSAGE, OCCASION, file_of(**facts), {"email": mail, "text": text}, minutes(1))
    by_mail, by_text = mail and has_mail, text and has_number
    assert message.channel == ("email" if by_mail else "text" if by_text else None)
    assert message.state == ("requested" if by_mail or by_text else "withheld")
    if by_mail or by_text:
        assert message.reason is None
    else:
        assert message.reason == ("no_address" if mail or text else "no_consent")
    assert (message.purpose, message.occasion, message.data) == ("service", OCCASION.key, OCCASION.data)
    assert message.requested_at == message.state_at == minutes(1)


def test_a_message_to_whom_there_is_no_file_of_has_no_address() -> None:
    message = request_message(MESSAGE, OCCASION, None, {"email": True, "text": True}, NOON)
    assert (message.state, message.reason, message.channel) == ("withheld", "no_address", None)


def test_a_request_is_announced_without_anything_personal() -> None:
    message = request_message(MESSAGE, OCCASION, REACHABLE, {"email": True, "text": True}, NOON)
    announcement = message.announcement()
    assert isinstance(announcement, MessageRequested)
    assert (announcement.customer_id, announcement.message_id, announcement.channel) == (ADA, MESSAGE, "email")
    assert (announcement.template, announcement.purpose) == ("complaint_received", "service")
    content = announcement.model_dump_json()
    assert "ada@example.com" not in content
    assert "12025550100" not in content


# --- the delivery ----------------------------------------------------------------------------------------------


def reported(reports: Sequence[MessageReport]) -> Message:
    message = message_of()
    for report in reports:
        message, event = report_delivery(message, report)
        assert (event.message_id, event.state, event.reported_at) == (MESSAGE, report.state, report.at)
    return message


def test_a_report_is_the_state_and_one_that_comes_late_changes_nothing() -> None:
    sent, bounced = MessageReport("sent", minutes(1)), MessageReport("bounced", minutes(5))
    assert (reported([sent]).state, reported([sent]).state_at) == ("sent", minutes(1))
    for order in permutations([sent, bounced, MessageReport("sent", minutes(2))]):
        message = reported(order)
        assert (message.state, message.state_at) == ("bounced", minutes(5))


@pytest.mark.parametrize("end", ["delivered", "bounced", "failed"])
def test_a_sender_without_fractions_of_a_second_may_report_in_any_order(end: ReportedState) -> None:
    """Sent and delivered within a second: it was sent first, whatever comes first."""
    sent, ended = MessageReport("sent", minutes(1)), MessageReport(end, minutes(1))
    assert reported([sent, ended]).state == reported([ended, sent]).state == end


REPORTS = st.builds(MessageReport, st.sampled_from(["sent", "delivered"]), st.integers(0, 5).map(minutes))


@given(st.lists(REPORTS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_reports_come_does_not_matter(reports: list[MessageReport], dice: Random) -> None:
    shuffled = dice.sample(reports, len(reports))
    assert reported(reports) == reported(shuffled)


def test_a_report_at_the_instant_of_the_request_counts() -> None:
    assert reported([MessageReport("sent", NOON)]).state == "sent"


def test_what_cannot_have_become_of_a_message_is_refused() -> None:
    late = MessageReport("sent", minutes(1))
    assert refusal_of(lambda: report_delivery(message_of("withheld"), late)) == (Kind.CONFLICT, "message_withheld")
    early = MessageReport("sent", minutes(-1))
    assert refusal_of(lambda: report_delivery(message_of(), early)) == (Kind.INVALID, "before_its_request")
