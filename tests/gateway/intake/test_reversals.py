"""Returns, cancellations, deliveries: exact, once, and told again answered the same."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx

from shared.events import OrderCancelled, OrderDelivered, OrderReturned
from tests.gateway.bodies import a_line, a_partner, ago, an_order, code_of, place

SERVICE = "gateway"

Announced = Callable[[], Awaitable[list[Any]]]


def a_return(ref: str, *lines: tuple[int, int], at: str = "") -> dict[str, Any]:
    return {
        "return_id": ref,
        "returned_at": at or ago(hours=1),
        "lines": [{"line": line, "quantity": quantity} for line, quantity in lines],
    }


async def test_parts_of_a_line_come_back_exactly_and_the_rest_is_cancelled(
    client: httpx.AsyncClient, announced: Announced
) -> None:
    order = await place(client, an_order("1", a_line(1, "10.00", 3), a_line(2, "7.00", 1)))
    path = f"/v1/orders/{order['id']}"
    first = await client.post(f"{path}/returns", json=a_return("r1", (1, 1)))
    second = await client.post(f"{path}/returns", json=a_return("r2", (1, 1)))
    rest = await client.post(f"{path}/cancellation", json={"cancelled_at": ago(), "reason": "changed-mind"})
    assert [answer.status_code for answer in (first, second, rest)] == [201, 201, 201]
    assert [answer.json()["amount"] for answer in (first, second, rest)] == ["3.33", "3.34", "10.33"]
    events = (await announced())[2:]
    assert [type(event) for event in events] == [OrderReturned, OrderReturned, OrderCancelled]
    assert sum(event.amount for event in events) == Decimal("17.00")
    assert str(events[0].return_id) == first.json()["id"]
    story = (await client.get(path)).json()
    assert [row["return_id"] for row in story["returns"]] == ["r1", "r2"]
    assert story["cancellation"]["lines"] == rest.json()["lines"]
    late = await client.post(f"{path}/returns", json=a_return("r3", (1, 1)))
    assert code_of(late) == (409, "order_is_cancelled")


async def test_told_again_it_is_answered_the_same_and_another_body_is_a_conflict(
    client: httpx.AsyncClient, announced: Announced
) -> None:
    order = await place(client, an_order("1", a_line(1, "10.00", 5)))
    path, at = f"/v1/orders/{order['id']}", ago(hours=1)
    for what, body, other, code in (
        ("returns", a_return("r1", (1, 2), at=at), a_return("r1", (1, 3), at=at), "return_id_reused"),
        ("deliveries", {"delivery_id": "d", "delivered_at": at}, {"delivery_id": "d", "delivered_at": ago()},
         "delivery_id_reused"),
        ("cancellation", {"cancelled_at": at}, {"cancelled_at": at, "reason": "x"}, "order_is_cancelled"),
    ):  # fmt: skip
        first = await client.post(f"{path}/{what}", json=body)
        again = await client.post(f"{path}/{what}", json=body)
        assert (first.status_code, first.content) == (201, again.content), first.text
        assert code_of(await client.post(f"{path}/{what}", json=other)) == (409, code)
    assert [type(event) for event in (await announced())[2:]] == [OrderReturned, OrderDelivered, OrderCancelled]


async def test_a_return_id_of_another_order_is_a_conflict(client: httpx.AsyncClient) -> None:
    first, second = await place(client, an_order("1")), await place(client, an_order("2"))
    at = ago()
    assert (
        await client.post(f"/v1/orders/{first['id']}/returns", json=a_return("r", (1, 1), at=at))
    ).status_code == 201
    clash = await client.post(f"/v1/orders/{second['id']}/returns", json=a_return("r", (1, 1), at=at))
    assert code_of(clash) == (409, "return_id_reused")


async def test_K7_identical_returns_at_once_have_one_effect_and_rival_ones_never_exceed_what_was_bought(
    client: httpx.AsyncClient, announced: Announced
) -> None:
    order = await place(client, an_order("1", a_line(1, "10.00", 7)))
    path = f"/v1/orders/{order['id']}/returns"
    same = a_return("r", (1, 1))
    answers = await asyncio.gather(*[client.post(path, json=same) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    rivals = await asyncio.gather(*[client.post(path, json=a_return(f"x{n}", (1, 1))) for n in range(12)])
    assert sorted(answer.status_code for answer in rivals) == [201] * 6 + [422] * 6
    returned = [event for event in await announced() if isinstance(event, OrderReturned)]
    assert sum(event.amount for event in returned) == Decimal("10.00")


async def test_another_partners_order_does_not_exist(client: httpx.AsyncClient) -> None:
    (_, a), (_, b) = await a_partner(client, "a"), await a_partner(client, "b")
    order = await place(client, an_order("1", customer={"ref": "c"}), headers=a)
    path = f"/v1/orders/{order['id']}"
    for what, body in (
        ("returns", a_return("r", (1, 1))),
        ("deliveries", {"delivery_id": "d", "delivered_at": ago()}),
        ("cancellation", {"cancelled_at": ago()}),
    ):
        assert code_of(await client.post(f"{path}/{what}", json=body, headers=b)) == (404, "order_not_found")
    assert (await client.post(f"{path}/returns", json=a_return("r", (1, 1)), headers=a)).status_code == 201
