"""Messages in a small system, and one fault after the other in it: each is found by the invariant it breaks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.events import MessageDeliveryReported, MessageRequested
from tests.verify.conftest import Five

CUSTOMER, SENT, WITHHELD = (UUID(int=number) for number in (1, 2, 3))
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
NAMES = {"messages_announced", "messages_as_reported"}
INSERT = """insert into message_request (id, customer_id, template, purpose, channel, data, occasion, state, reason,
                                         requested_at, state_at) values"""


@pytest.fixture
async def written_to(five: Five) -> Five:
    await five.run(
        "profile",
        f"""
        {INSERT} ('{SENT}', '{CUSTOMER}', 'case_received', 'service', 'email', '{{}}', 'a', 'delivered', null, '{AT}',
                  '{LATER}'),
                 ('{WITHHELD}', '{CUSTOMER}', 'case_received', 'service', null, '{{}}', 'b', 'withheld', 'no_consent',
                  '{AT}', '{AT}');
        insert into message_report values ('{SENT}', 'delivered', '{LATER}', now(), 'sender-1')
        """,
    )
    requested = MessageRequested(
        customer_id=CUSTOMER, message_id=SENT, template="case_received", purpose="service", channel="email",
        requested_at=AT,
    )  # fmt: skip
    await five.announce(requested)
    await five.announce(
        MessageDeliveryReported(customer_id=CUSTOMER, message_id=SENT, state="delivered", reported_at=LATER)
    )
    return five


async def broken(five: Five) -> set[str]:
    return await five.broken() & NAMES


async def test_messages_that_were_announced_and_reported_are_sound(written_to: Five):
    assert await broken(written_to) == set()


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("delete from outbox where type = 'profile.message_requested.v1'", {"messages_announced"}),
        ("delete from outbox where type = 'profile.message_delivery_reported.v1'", {"messages_as_reported"}),
        (
            f"""update outbox set payload = replace(payload, '{SENT}', '{WITHHELD}')
                where type = 'profile.message_requested.v1'""",
            {"messages_announced"},
        ),
        (
            f"""{INSERT} (gen_random_uuid(), '{CUSTOMER}', 'case_received', 'service', 'text', '{{}}', 'c', 'requested',
                         null, '{AT}', '{AT}')""",
            {"messages_announced"},
        ),
        ("update message_request set contact_id = gen_random_uuid() where channel = 'email'", {"messages_announced"}),
        ("update message_request set state = 'bounced' where state = 'delivered'", {"messages_as_reported"}),
        (
            f"insert into message_report values ('{SENT}', 'bounced', '{LATER + timedelta(hours=1)}', now(), 'x')",
            {"messages_as_reported"},
        ),
    ],
)
async def test_each_fault_is_found(written_to: Five, fault: str, codes: set[str]):
    await written_to.run("profile", fault)
    assert await broken(written_to) == codes
