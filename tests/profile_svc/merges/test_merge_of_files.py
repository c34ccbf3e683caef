"""P12: two customers become one and two again, over HTTP: what is refused, what is announced, what is shown."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.profile_svc.subscriptions import subscriptions
from shared.events import CustomersMerged, CustomersUnmerged
from tests.profile_svc.merging import merged, opened, read, undone

SERVICE = "profile"


async def refused(client: httpx.AsyncClient, root: str, absorbed: str, **more: Any) -> tuple[int, str]:
    answer = await client.post(f"/v1/customers/{root}/merges", json={"absorbed": {"id": absorbed}, **more})
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def two(client: httpx.AsyncClient) -> tuple[str, str]:
    root = await opened(client, "Acme Works", region="CN-50", phones=[{"number": "023-6759 4008"}])
    absorbed = await opened(client, "ACME GmbH", region="DE-BY", industry="automotive", tax_id="DE811234567")
    return root, absorbed


async def test_P12_a_merge_is_announced_for_each_of_the_two(client, two, announced):
    root, absorbed = two
    made = await merged(client, root, absorbed, region="absorbed")
    assert (made["root_id"], made["absorbed_id"], made["keep"]) == (root, absorbed, {"region": "absorbed"})
    events = [event for event in await announced() if isinstance(event, CustomersMerged)]
    assert [str(event.customer_id) for event in events] == [root, absorbed]
    assert {event.merge_id for event in events} == {UUID(made["merge_id"])}
    assert (await undone(client, absorbed, made)).status_code == 204
    assert (await undone(client, absorbed, made)).status_code == 204
    undoings = [event for event in await announced() if isinstance(event, CustomersUnmerged)]
    assert [str(event.customer_id) for event in undoings] == [root, absorbed]
    [listed] = (await read(client, f"{root}/merges"))["items"]
    assert listed["merge_id"] == made["merge_id"]
    assert listed["unmerged_at"] is not None


async def test_P12_the_same_request_with_its_key_is_one_merge(client, two):
    root, absorbed = two
    key = {"Idempotency-Key": "merge-1"}
    body = {"absorbed": {"id": absorbed}}
    first = await client.post(f"/v1/customers/{root}/merges", json=body, headers=key)
    again = await client.post(f"/v1/customers/{root}/merges", json=body, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert await refused(client, root, absorbed) == (409, "already_one")
    assert await refused(client, absorbed, root) == (409, "already_one")


async def test_P12_a_read_of_either_id_is_one_file(client, two):
    root, absorbed = two
    own = await read(client, absorbed)
    made = await merged(client, root, absorbed)
    file = await read(client, root)
    assert await read(client, absorbed) == file
    assert (file["id"], file["root_id"], file["merged_from"]) == (root, root, [absorbed])
    assert (file["region"], file["industry"], file["tax_id"]) == ("CN-50", "automotive", "DE811234567")
    assert file["names"] == [{"name": "Acme Works"}]
    await undone(client, root, made)
    assert await read(client, absorbed) == own
    assert "root_id" not in await read(client, root)


async def test_P12_the_absorbed_value_is_kept_where_it_was_said(client, two):
    root, absorbed = two
    await merged(client, root, absorbed, region="absorbed", phones="absorbed", names="absorbed")
    file = await read(client, root)
    assert (file["region"], file["names"]) == ("DE-BY", [{"name": "ACME GmbH"}])
    assert file["phones"][0]["e164"] == "+862367594008"  # the absorbed one has none


async def test_P12_a_change_goes_to_the_root_and_counts_from_then_on(client, two):
    root, absorbed = two
    own = await read(client, absorbed)
    made = await merged(client, root, absorbed, region="absorbed")
    tag = (await client.get(f"/v1/customers/{absorbed}")).headers["ETag"]
    body = {"region": "FR-75", "industry": None}
    changed = await client.patch(f"/v1/customers/{absorbed}", json=body, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["region"], "industry" in changed.json()) == ("FR-75", False)
    stale = await client.patch(f"/v1/customers/{root}", json=body, headers={"If-Match": tag})
    assert stale.status_code == 412
    await undone(client, root, made)
    assert await read(client, absorbed) == own
    assert (await read(client, root))["region"] == "FR-75"


async def test_P12_a_chain_is_undone_from_its_end(client, two):
    root, absorbed = two
    third = await opened(client, "Third", web_site="third.example")
    inner, outer = await merged(client, root, absorbed), await merged(client, third, absorbed)
    assert (outer["root_id"], outer["absorbed_id"]) == (third, root)  # whoever stands for it is absorbed
    file = await read(client, absorbed)
    assert (file["id"], file["merged_from"]) == (third, sorted([root, absorbed]))
    assert (file["industry"], file["region"], file["web_site"]) == ("automotive", "CN-50", "third.example")
    out_of_order = await undone(client, root, inner)
    assert (out_of_order.status_code, out_of_order.json()["code"]) == (409, "undo_out_of_order")
    assert out_of_order.json()["last_merge_id"] == outer["merge_id"]
    assert (await undone(client, root, outer)).status_code == 204
    assert (await read(client, absorbed))["id"] == root
    assert (await undone(client, root, inner)).status_code == 204
    assert (await read(client, absorbed))["id"] == absorbed


async def test_P12_merges_and_changes_that_come_at_once_leave_one_customer(client, two):
    customers = [*two, await opened(client, "Third")]
    pairs = [(root, absorbed) for root in customers for absorbed in customers if root != absorbed]
    merges = [client.post(f"/v1/customers/{r}/merges", json={"absorbed": {"id": a}}) for r, a in pairs]
    changes = [
        client.patch(f"/v1/customers/{id}", json={"web_site": f"{id}.example"}, headers={"If-Match": "*"})
        for id in customers
    ]
    answers = await asyncio.gather(*merges, *changes)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [201] * 2 + [409] * 4
    files = [await read(client, customer) for customer in customers]
    assert files[0] == files[1] == files[2]
    assert len(files[0]["merged_from"]) == 2
    made = (await read(client, f"{customers[0]}/merges"))["items"]
    for merge in reversed(made):
        assert (await undone(client, customers[0], merge)).status_code in (204, 404)
    assert {(await read(client, customer))["id"] for customer in customers} == set(customers)


async def test_P12_what_makes_no_sense_is_refused_and_changes_nothing(client, two, announced):
    root, absorbed = two
    person = await opened(client, "Ann Lee", "person")
    before = len(await announced())
    assert await refused(client, root, root) == (422, "merge_with_itself")
    assert await refused(client, root, person) == (409, "kinds_differ")
    assert await refused(client, root, str(uuid4())) == (404, "customer_not_found")
    assert await refused(client, str(uuid4()), root) == (404, "customer_not_found")
    assert await refused(client, root, absorbed, keep={"shoe_size": "root"}) == (422, "field_not_known")
    assert (await refused(client, root, absorbed, keep={"region": "both"}))[0] == 422
    by_reference = await client.post(f"/v1/customers/{root}/merges", json={"absorbed": {"ref": "HH-1"}})
    assert (by_reference.status_code, by_reference.json()["code"]) == (422, "reference_without_id")
    assert len(await announced()) == before
    never = await undone(client, root, {"merge_id": uuid4()})
    assert (never.status_code, never.json()["code"]) == (404, "merge_not_found")


async def test_P12_only_who_answers_for_a_team_merges(client, two, as_role):
    root, absorbed = two
    body = {"absorbed": {"id": absorbed}}
    for headers, status in (
        (as_role("agent"), 403),
        (as_role("analyst"), 403),
        (as_role("partner", partner_id=uuid4()), 403),
        (as_role("manager"), 201),
    ):
        answer = await client.post(f"/v1/customers/{root}/merges", json=body, headers=headers)
        assert answer.status_code == status


async def test_P12_each_partner_still_sees_its_own_part_only(client, two, as_role, registry, deliver, database):
    root, absorbed = two
    partner = uuid4()
    source = f"partner:{partner}"
    await deliver(database, subscriptions, [registry.registered(absorbed, "P-1", source)])
    await merged(client, root, absorbed)
    headers = as_role("partner", partner_id=partner)
    file = (await client.get(f"/v1/customers/{absorbed}", headers=headers)).json()
    assert (file["id"], file["region"], "merged_from" in file, "root_id" in file) == (absorbed, "DE-BY", False, False)
    assert (await client.get(f"/v1/customers/{root}", headers=headers)).status_code == 404
    assert (await client.get(f"/v1/customers/{root}/merges", headers=headers)).status_code == 404
    await deliver(database, subscriptions, [registry.registered(root, "P-2", source)])
    both = (await client.get(f"/v1/customers/{absorbed}", headers=headers)).json()
    assert (both["id"], both["region"], both["merged_from"]) == (root, "CN-50", [absorbed])


async def test_P12_a_preview_says_what_survives_and_changes_nothing(client, two):
    root, absorbed = two
    preview = await read(client, f"{root}/merges/preview", absorbed=absorbed)
    assert preview["refusal"] is None
    fields = {field["field"]: field for field in preview["fields"]}
    assert (fields["region"]["survives"], fields["region"]["conflict"]) == ("root", True)
    assert (fields["industry"]["survives"], fields["industry"]["conflict"]) == ("absorbed", False)
    assert fields["industry"]["absorbed"] == "automotive"
    assert (await read(client, f"{root}/merges"))["items"] == []
    await merged(client, root, absorbed)
    assert (await read(client, root))["completeness"] == preview["completeness"]
    again = await read(client, f"{root}/merges/preview", absorbed=absorbed)
    assert again["refusal"]["code"] == "already_one"
