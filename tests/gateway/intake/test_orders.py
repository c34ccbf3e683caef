"""Orders over HTTP on a real database: accepted once, told apart by source, written in groups."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from shared.events import CustomerReferenceRegistered, OrderPlaced
from shared.messaging import Database
from tests.gateway.bodies import PLACED, a_line, a_partner, an_order, code_of, place, registered_refs

SERVICE = "gateway"

Announced = Callable[[], Awaitable[list[Any]]]


async def count(database: Database, table: str) -> int:
    rows = await database.run(lambda tx: tx.raw.fetchval(f"select count(*) from {table}"))
    return int(rows)


async def test_G2_an_order_is_stored_and_announced_with_its_new_customer(
    client: httpx.AsyncClient, announced: Announced, database: Database
) -> None:
    accepted = await place(client, an_order("1", a_line(1, "10.00", 2, unit_cost="1.2345"), a_line(2, "0.50")))
    seen, placed = await announced()
    assert isinstance(seen, CustomerReferenceRegistered)
    assert (seen.source, await registered_refs(database, [seen])) == ("patron", ["c-1"])
    assert isinstance(placed, OrderPlaced)
    assert str(placed.customer_id) == accepted["customer_id"] == str(seen.customer_id)
    assert str(placed.order_id) == accepted["id"]
    assert (str(placed.amount), len(placed.lines), str(placed.lines[0].unit_cost)) == ("10.50", 2, "1.2345")
    ids = await database.run(lambda tx: tx.raw.fetch("select event_id, seq from outbox order by position"))
    assert [row["seq"] for row in ids] == [1, 2]
    assert str(ids[1]["event_id"]) == accepted["event_id"]


async def test_the_same_order_again_is_answered_the_same(client: httpx.AsyncClient, announced: Announced) -> None:
    first = await place(client, an_order("1", a_line(1, "10.00")))
    assert await place(client, an_order("1", a_line(1, "10.0"))) == first
    other = await client.post("/v1/orders", json=an_order("1", a_line(1, "10.01")))
    assert code_of(other) == (409, "order_id_reused")
    assert other.json()["errors"][0]["pointer"] == "/order_id"
    other_customer = an_order("1", a_line(1, "10.00"), customer={"source": "patron", "ref": "c-2"})
    assert code_of(await client.post("/v1/orders", json=other_customer)) == (409, "order_id_reused")
    assert len(await announced()) == 2


async def test_K7_fifty_identical_orders_at_once_have_one_effect(
    client: httpx.AsyncClient, announced: Announced, database: Database
) -> None:
    order = an_order("1")
    answers = await asyncio.gather(
        *[client.post("/v1/orders", json=order, headers={"Idempotency-Key": "one"}) for _ in range(50)]
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert await count(database, "customer_order") == 1
    assert [type(event) for event in await announced()] == [CustomerReferenceRegistered, OrderPlaced]


async def test_K17_two_partners_send_their_own_order_1001(client: httpx.AsyncClient, announced: Announced) -> None:
    (a, key_a), (b, key_b) = await a_partner(client, "a"), await a_partner(client, "b")
    order_a = await place(client, an_order("1001", customer={"source": "a", "ref": "c-1"}), headers=key_a)
    order_b = await place(client, an_order("1001", customer={"source": f"partner:{b}", "ref": "c-1"}), headers=key_b)
    assert order_a["customer_id"] != order_b["customer_id"]
    assert (await client.get(f"/v1/orders/{order_a['id']}", headers=key_a)).status_code == 200
    assert code_of(await client.get(f"/v1/orders/{order_a['id']}", headers=key_b)) == (404, "order_not_found")
    orders = f"/v1/customers/{order_a['customer_id']}/orders"
    assert code_of(await client.get(orders, headers=key_b)) == (404, "customer_not_found")
    assert [row["order_id"] for row in (await client.get(orders, headers=key_a)).json()["items"]] == ["1001"]
    by_id = an_order("1002", customer={"id": order_a["customer_id"]})
    assert code_of(await client.post("/v1/orders", json=by_id, headers=key_b)) == (404, "customer_not_found")
    assert (await place(client, by_id, headers=key_a))["customer_id"] == order_a["customer_id"]
    sources = {event.source for event in await announced() if isinstance(event, OrderPlaced)}
    assert sources == {f"partner:{a}", f"partner:{b}"}


async def test_whose_customers_a_report_may_name(client: httpx.AsyncClient) -> None:
    _, key = await a_partner(client, "a")
    foreign = an_order(customer={"source": "patron", "ref": "c-1"})
    assert code_of(await client.post("/v1/orders", json=foreign, headers=key)) == (403, "foreign_source")
    unknown = an_order(customer={"source": "nobody", "ref": "c-1"})
    assert code_of(await client.post("/v1/orders", json=unknown)) == (422, "unknown_source")
    own = await place(client, an_order("7", customer={"ref": "c-9"}), headers=key)
    for_the_partner = await place(client, an_order("8", customer={"source": "a", "ref": "c-9"}))
    assert own["customer_id"] == for_the_partner["customer_id"]
    assert (await client.get(f"/v1/orders/{for_the_partner['id']}", headers=key)).status_code == 200


async def test_a_group_of_good_and_bad_is_told_apart(
    client: httpx.AsyncClient, database: Database, announced: Announced
) -> None:
    """One writer takes them all: the bad ones get their refusals, the good ones are committed together."""
    good = [an_order(str(n), customer={"source": "patron", "ref": f"c-{n % 3}"}) for n in range(40)]
    nobody = "01890000-0000-7000-8000-000000000000"
    bad = [an_order(f"x{n}", customer={"id": nobody}) for n in range(5)]
    clash = [an_order("0", a_line(1, "99.00"), customer={"source": "patron", "ref": "c-0"})]
    answers = await asyncio.gather(*[client.post("/v1/orders", json=order) for order in good + bad + clash])
    assert [answer.status_code for answer in answers] == [202] * 40 + [404] * 5 + [409]
    commits = await database.run(lambda tx: tx.raw.fetchval("select count(distinct recorded_at) from customer_order"))
    assert 1 <= commits < 20
    assert await count(database, "customer_order") == 40
    assert sum(isinstance(event, CustomerReferenceRegistered) for event in await announced()) == 3


async def test_a_batch_answers_line_by_line(client: httpx.AsyncClient, database: Database) -> None:
    lines = [
        json.dumps(an_order("1")),
        "{nonsense",
        json.dumps(an_order("2", a_line(1, "-1"))),
        json.dumps(an_order("3", currency="EUR")),
        json.dumps(an_order("1")),
        json.dumps(an_order("1", a_line(1, "9.99"))),
        json.dumps(an_order("4")),
    ]
    answer = await client.post(
        "/v1/orders:batch", content="\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["line"] for result in results] == [1, 2, 3, 4, 5, 6, 7]
    assert [result["status"] for result in results] == [202, 400, 422, 422, 202, 409, 202]
    assert [result.get("code") for result in results[1:4]] == [
        "malformed_json", "validation_failed", "currency_not_accepted",
    ]  # fmt: skip
    assert {**results[0], "line": 5} == results[4]
    assert await count(database, "customer_order") == 2


async def test_a_batch_of_a_thousand_and_not_one_more(client: httpx.AsyncClient, database: Database) -> None:
    lines = [json.dumps(an_order(str(n), customer={"source": "demo", "ref": f"c{n % 90}"})) for n in range(1000)]
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await client.post("/v1/orders:batch", content="\n".join(lines), headers=headers)
    assert {json.loads(line)["status"] for line in answer.text.splitlines()} == {202}
    assert await count(database, "customer_order") == 1000
    assert await count(database, "customer_reference") == 90
    too_many = "\n".join([*lines, lines[0]])
    answer = await client.post("/v1/orders:batch", content=too_many, headers=headers)
    assert code_of(answer) == (422, "too_many_orders")
    empty = await client.post("/v1/orders:batch", content="\n\n", headers=headers)
    assert (empty.status_code, empty.text) == (200, "")


async def test_an_order_is_read_back_with_what_became_of_it(client: httpx.AsyncClient) -> None:
    accepted = await place(client, an_order("1", a_line(1, "10.00", 3, discount="1.00"), a_line(2, "5.00")))
    order = (await client.get(f"/v1/orders/{accepted['id']}")).json()
    assert (order["amount"], order["lines"][0]["discount"], order["returns"]) == ("15.00", "1.00", [])
    assert (order["cancellation"], order["deliveries"], order["source"]) == (None, [], "patron")
    assert code_of(await client.get("/v1/orders/01890000-0000-7000-8000-000000000000")) == (404, "order_not_found")
    assert (await client.get("/v1/orders/no-uuid")).status_code == 404


async def test_a_customers_orders_come_newest_first_by_page(client: httpx.AsyncClient) -> None:
    for n in range(5):
        placed_at = PLACED.replace("T", "T") if n == 0 else f"2026-01-0{n}T00:00:00Z"
        accepted = await place(client, an_order(str(n), placed_at=placed_at))
    path = f"/v1/customers/{accepted['customer_id']}/orders"
    refs: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = (await client.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        refs += [order["order_id"] for order in page["items"]]
        cursor = page["next"]
    assert (refs, cursor) == (["0", "4", "3", "2", "1"], None)


async def test_a_customer_registered_by_profile_can_be_named_by_id(
    client: httpx.AsyncClient, database: Database, deliver: Callable[..., Awaitable[Any]]
) -> None:
    from datetime import UTC, datetime
    from uuid import uuid4

    from services.gateway.subscriptions import subscriptions
    from shared.events import CustomerRegistered

    customer_id = uuid4()
    order = an_order("1", customer={"id": str(customer_id)})
    assert code_of(await client.post("/v1/orders", json=order)) == (404, "customer_not_found")
    event = CustomerRegistered(customer_id=customer_id, kind="person", registered_at=datetime.now(UTC))
    await deliver(database, subscriptions, [event, event])
    assert (await place(client, order))["customer_id"] == str(customer_id)
