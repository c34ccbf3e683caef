"""P1, G1, K17 over HTTP: references of a customer added, shown and removed, by people and by partners."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.gateway.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered, CustomerReferenceRemoved, CustomersMerged
from shared.messaging import Database
from tests.gateway.bodies import a_partner, a_receivable, an_order, code_of, place

SERVICE = "gateway"
PHONE = "13800138000"
Announced = Callable[[], Awaitable[list[Any]]]
Deliver = Callable[..., Awaitable[Any]]


async def customer_of(client: httpx.AsyncClient, order: str, **how: Any) -> str:
    ref = {"source": "demo", "ref": f"c-{order}"}
    return str((await place(client, an_order(order, customer=ref, **how)))["customer_id"])


async def added(client: httpx.AsyncClient, customer: str, ref: str, source: str = "demo") -> dict[str, Any]:
    answer = await client.post(f"/v1/customers/{customer}/references", json={"source": source, "ref": ref})
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


async def shown(client: httpx.AsyncClient, customer: str, **how: Any) -> list[tuple[str, str]]:
    answer = await client.get(f"/v1/customers/{customer}/references", **how)
    assert answer.status_code == 200, answer.text
    return [(item["source"], item["ref"]) for item in answer.json()["items"]]


async def merge(database: Database, deliver: Deliver, root: str, absorbed: str) -> None:
    names = {"merge_id": uuid4(), "root_id": UUID(root), "absorbed_id": UUID(absorbed)}
    event = CustomersMerged(customer_id=UUID(root), **names, merged_at=datetime.now(UTC))
    await deliver(database, subscriptions, [event])


async def test_P1_orders_of_an_added_reference_are_the_same_customers(client: httpx.AsyncClient) -> None:
    customer = await customer_of(client, "1")
    reference = await added(client, customer, PHONE)
    assert (await place(client, an_order("2", customer={"source": "demo", "ref": PHONE})))["customer_id"] == customer
    assert await shown(client, customer) == [("demo", PHONE), ("demo", "c-1")]
    again = await client.post(f"/v1/customers/{customer}/references", json={"source": "demo", "ref": PHONE})
    assert (again.status_code, again.json()) == (200, reference)


async def test_P1_a_reference_is_named_in_paths_by_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    customer = await customer_of(client, "1")
    answer = await client.post(f"/v1/customers/{customer}/references", json={"source": "demo", "ref": PHONE})
    location = answer.headers["Location"]
    assert PHONE not in location
    assert (await client.delete(location)).status_code == 204
    assert code_of(await client.delete(location)) == (404, "reference_not_found")


async def test_K17_a_reference_of_another_customer_is_refused(client: httpx.AsyncClient) -> None:
    customer, other = await customer_of(client, "1"), await customer_of(client, "2")
    answer = await client.post(f"/v1/customers/{customer}/references", json={"source": "demo", "ref": "c-2"})
    assert code_of(answer) == (409, "reference_of_another_customer")
    assert answer.json()["other_customer_id"] == other
    assert "c-2" not in answer.text
    stranger = await client.post(f"/v1/customers/{uuid4()}/references", json={"source": "demo", "ref": "c-9"})
    assert code_of(stranger) == (404, "customer_not_found")
    source = await client.post(f"/v1/customers/{customer}/references", json={"source": "nobody", "ref": "c-9"})
    assert code_of(source) == (422, "unknown_source")


async def test_G1_the_last_reference_of_a_source_that_goes_is_announced(
    client: httpx.AsyncClient, announced: Announced
) -> None:
    customer = await customer_of(client, "1")
    second = await added(client, customer, "c-1b")
    first = await added(client, customer, "c-1")
    for reference, removals in ((first, 0), (second, 1)):
        path = f"/v1/customers/{customer}/references/{reference['id']}"
        assert (await client.delete(path)).status_code == 204
        events = [event for event in await announced() if isinstance(event, CustomerReferenceRemoved)]
        assert [(str(event.customer_id), event.source) for event in events] == [(customer, "demo")] * removals
    assert await shown(client, customer) == []
    new = (await place(client, an_order("3", customer={"source": "demo", "ref": "c-1"})))["customer_id"]
    assert new != customer  # the reference names nobody, so it names somebody new
    registered = [event for event in await announced() if isinstance(event, CustomerReferenceRegistered)]
    assert len(registered) == 3


async def test_G1_a_partner_adds_sees_and_removes_its_own(client: httpx.AsyncClient) -> None:
    _, key = await a_partner(client)
    customer = str((await place(client, an_order("1", customer={"ref": "p-1"}), headers=key))["customer_id"])
    await added(client, customer, "crm-1")
    assert await shown(client, customer, headers=key) == [(f"partner:{_}", "p-1")]
    foreign = {"source": "demo", "ref": "crm-2"}
    answer = await client.post(f"/v1/customers/{customer}/references", json=foreign, headers=key)
    assert code_of(answer) == (403, "foreign_source")
    own = await client.post(f"/v1/customers/{customer}/references", json={"ref": "p-1b"}, headers=key)
    assert own.status_code == 201
    listed = (await client.get(f"/v1/customers/{customer}/references")).json()["items"]
    [theirs] = [item for item in listed if item["source"] == "demo"]
    answer = await client.delete(f"/v1/customers/{customer}/references/{theirs['id']}", headers=key)
    assert code_of(answer) == (404, "reference_not_found")
    other = await customer_of(client, "2")
    answer = await client.post(f"/v1/customers/{other}/references", json={"ref": "p-2"}, headers=key)
    assert code_of(answer) == (404, "customer_not_found")
    for item in listed:
        if item["source"] != "demo":
            path = f"/v1/customers/{customer}/references/{item['id']}"
            assert (await client.delete(path, headers=key)).status_code == 204
    answer = await client.get(f"/v1/customers/{customer}/references", headers=key)
    assert code_of(answer) == (404, "customer_not_found")


async def test_P12_references_and_orders_of_a_merged_customer_are_those_of_all_members(
    client: httpx.AsyncClient, database: Database, deliver: Deliver
) -> None:
    root, absorbed = await customer_of(client, "1"), await customer_of(client, "2")
    await merge(database, deliver, root, absorbed)
    for customer in (root, absorbed):
        assert await shown(client, customer) == [("demo", "c-1"), ("demo", "c-2")]
        orders = (await client.get(f"/v1/customers/{customer}/orders")).json()["items"]
        assert [order["customer_id"] for order in orders] == [absorbed, root]
        first = (await client.get(f"/v1/customers/{customer}/orders", params={"limit": 1})).json()
        rest = await client.get(f"/v1/customers/{customer}/orders", params={"limit": 1, "cursor": first["next"]})
        assert [order["id"] for order in (*first["items"], *rest.json()["items"])] == [order["id"] for order in orders]
    later = await place(client, an_order("3", customer={"source": "demo", "ref": "c-2"}))
    assert later["customer_id"] == absorbed  # facts stay under the id they are addressed to
    known = await added(client, root, "c-2")  # it names this customer already
    assert known["customer_id"] == absorbed
    owed = a_receivable(customer={"id": root}, order=later["id"])
    assert (await client.post("/v1/receivables", json=owed)).status_code == 201


async def test_P12_an_offered_reference_is_his_who_says_whose_it_is(
    client: httpx.AsyncClient, database: Database
) -> None:
    """A file was refused because it looks like another one: its reference is added to that one."""
    from services.gateway.references.handlers import offer_ids

    customer = await customer_of(client, "1")
    [offered] = await database.run(lambda tx: offer_ids(tx, [("demo", "c-7")]))
    assert str(offered) != customer
    assert (await added(client, customer, "c-7"))["customer_id"] == customer
    assert (await place(client, an_order("2", customer={"source": "demo", "ref": "c-7"})))["customer_id"] == customer
