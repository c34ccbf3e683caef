"""The copy of customers and their tiers: whatever order it is heard in, and heard again (K8, K11)."""

from typing import Any
from uuid import UUID

import pytest

from services.complaint_svc.subscriptions import subscriptions
from shared.messaging.inbox.inbox import Inbox
from tests.complaint_svc.case_builders import CUSTOMER
from tests.complaint_svc.case_requests import registered, tier
from tests.complaint_svc.saved_cases import MONDAY, deadlines, filed
from tests.harness import EPOCH

SERVICE = "complaint"

pytestmark = pytest.mark.usefixtures("sound")


async def test_K11_a_tier_heard_before_its_customer_is_kept(database, deliver) -> None:
    await deliver(database, subscriptions, [tier("platinum")])
    await deliver(database, subscriptions, [registered()])
    case = await filed(database, MONDAY)
    assert case.tier == "platinum"


async def test_K8_hearing_everything_again_from_the_first_event_changes_nothing(database, announced) -> None:
    inbox = Inbox(database, subscriptions)
    events = [registered(), tier("silver"), tier("gold"), tier("silver")]
    received_events = [arrival(event, seq) for seq, event in zip((1, 1, 2, 3), events, strict=True)]
    await inbox.apply(received_events)
    case = await filed(database, MONDAY)
    before = await deadlines(database, case.id), await announced()
    for again in (received_events, received_events[1:2], received_events[::-1]):
        await inbox.apply(again)
    assert (await deadlines(database, case.id), await announced()) == before
    async with database.transaction() as tx:
        rows = await tx.raw.fetch("select tier from tier_copy where customer_id = $1", CUSTOMER)
        assert [row["tier"] for row in rows] == ["silver"]


def arrival(event: Any, seq: int) -> Any:
    from shared.messaging.inbox.received import ReceivedEvent

    event_id = UUID(int=EPOCH.int + hash((event.topic, seq)) % 2**32)
    payload = event.model_dump_json(exclude_none=True).encode()
    return ReceivedEvent(event.topic, event.key, seq, EPOCH, event_id, event.type, payload, event.occurred_at)
