"""The copy of customers and their tiers: whatever order it is heard in, and heard again (K8, K11)."""

from typing import Any
from uuid import UUID

import pytest

from services.complaint_svc.customers.handlers import forget_customers
from services.complaint_svc.subscriptions import subscriptions
from shared.messaging.inbox.inbox import Inbox
from tests.complaint_svc.case_builders import CUSTOMER
from tests.complaint_svc.case_requests import lives_in, registered, tier
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


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
async def test_C3_the_region_is_the_one_that_the_file_said_last(database, deliver, order: tuple[int, ...]) -> None:
    said_by_profile = [registered(), lives_in("north"), lives_in("south")]
    await deliver(database, subscriptions, [said_by_profile[place] for place in order])
    assert await region_of(database) == "south"
    assert (await filed(database, MONDAY)).region == "south"
    await deliver(database, subscriptions, [lives_in(None)])
    assert await region_of(database) is None
    assert (await filed(database, MONDAY)).region is None


async def test_C3_a_region_is_forgotten_when_the_copy_is_made_anew_and_the_customer_stays(database, deliver) -> None:
    await deliver(database, subscriptions, [registered(), lives_in("south"), tier("gold")])
    await database.run(lambda tx: forget_customers(tx, [str(CUSTOMER)]))
    assert await region_of(database) is None
    case = await filed(database, MONDAY)
    assert (case.region, case.tier) == (None, None)


async def region_of(database: Any) -> str | None:
    async with database.transaction() as tx:
        region: str | None = await tx.raw.fetchval("select region from customer where customer_id = $1", CUSTOMER)
        return region


def arrival(event: Any, seq: int) -> Any:
    from shared.messaging.inbox.received import ReceivedEvent

    event_id = UUID(int=EPOCH.int + hash((event.topic, seq)) % 2**32)
    payload = event.model_dump_json(exclude_none=True).encode()
    return ReceivedEvent(event.topic, event.key, seq, EPOCH, event_id, event.type, payload, event.occurred_at)
