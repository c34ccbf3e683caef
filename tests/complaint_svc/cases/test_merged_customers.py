"""Cases of customers that were found to be one, and of those that were taken for another's (C1, C5, P12)."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.complaint_svc.subscriptions import subscriptions
from shared.events import CustomerIdentified, CustomersMerged, CustomersUnmerged
from tests.complaint_svc.case_builders import CUSTOMER, utc
from tests.complaint_svc.case_requests import filed, registered, tier

SERVICE = "complaint"
OTHER = UUID(int=0x0DD)
MERGE: dict[str, Any] = {"merge_id": UUID(int=0x111), "root_id": CUSTOMER, "absorbed_id": OTHER,
                         "merged_at": utc("2026-01-02T00:00")}  # fmt: skip

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
async def two(database, deliver) -> None:
    await deliver(database, subscriptions, [registered(), registered(OTHER)])


async def listed(client: httpx.AsyncClient, customer: UUID) -> list[str]:
    page = (await client.get("/v1/complaints", params={"customer_id": str(customer)})).json()
    return [case["id"] for case in page["items"]]


@pytest.mark.parametrize("whose", [CUSTOMER, OTHER])
async def test_P12_a_list_of_either_id_has_the_cases_of_all_members(client, two, database, deliver, whose) -> None:
    first = await filed(client)
    second = await filed(client, customer={"id": str(OTHER)})
    await deliver(database, subscriptions, [CustomersMerged(customer_id=whose, **MERGE)])
    assert await listed(client, CUSTOMER) == await listed(client, OTHER) == [second["id"], first["id"]]
    assert (await client.get(f"/v1/complaints/{second['id']}")).json()["customer_id"] == str(OTHER)
    undone = CustomersUnmerged(customer_id=whose, unmerged_at=utc("2026-01-03T00:00"), **MERGE)
    await deliver(database, subscriptions, [undone])
    assert (await listed(client, CUSTOMER), await listed(client, OTHER)) == ([first["id"]], [second["id"]])


async def test_C5_what_all_members_were_given_counts_together(client, two, database, deliver, as_role) -> None:
    agent = as_role("agent", subject="ann")
    given = []
    for customer in (CUSTOMER, OTHER):
        case = await filed(client, customer={"id": str(customer)})
        for step, body in (("acknowledgement", {}), ("judgement", {"valid": True, "reason": "so"})):
            await client.post(f"/v1/complaints/{case['id']}/{step}", json=body, headers=agent)
        given.append(case["id"])
    rules = (await client.get("/v1/authority-rules")).json()["items"][0]["document"]
    most = rules["roles"]["agent"]["points"]
    await deliver(database, subscriptions, [CustomersMerged(customer_id=OTHER, **MERGE)])
    for case_id, status in zip(given, (201, 202), strict=True):
        half = {"text": "sorry", "points": most // 2 + 1}
        answer = await client.post(f"/v1/complaints/{case_id}/proposals", json=half, headers=agent)
        assert answer.status_code == status, answer.text


async def test_C1_a_case_taken_for_anothers_is_theirs(client, two, database, deliver, announced) -> None:
    await deliver(database, subscriptions, [tier("platinum", OTHER)])
    case = await filed(client)
    before = {d["stage"]: d["due_at"] for d in case["deadlines"]}
    answer = await client.post(f"/v1/complaints/{case['id']}/identification", json={"customer_id": str(OTHER)})
    assert answer.status_code == 201, answer.text
    moved = answer.json()
    assert (moved["customer_id"], moved["tier"]) == (str(OTHER), "platinum")
    assert all(d["due_at"] <= before[d["stage"]] for d in moved["deadlines"])
    line = moved["steps"][-1]
    assert (line["step"], line["from_customer"], line["to_customer"]) == ("identification", str(CUSTOMER), str(OTHER))
    back = await client.post(f"/v1/complaints/{case['id']}/identification", json={"customer_id": str(CUSTOMER)})
    assert [d["due_at"] for d in back.json()["deadlines"]] == [d["due_at"] for d in moved["deadlines"]]
    linked = [e for e in await announced() if isinstance(e, CustomerIdentified)]
    assert [(e.previous_customer_id, e.customer_id, e.step) for e in linked] == [
        (CUSTOMER, OTHER, 2), (OTHER, CUSTOMER, 3)]  # fmt: skip
