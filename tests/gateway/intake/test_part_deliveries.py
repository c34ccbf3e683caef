"""Part deliveries by line: recorded once, never more than was bought, and announced with what arrived."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.events import DeliveredLine, Event, OrderDelivered
from tests.gateway.bodies import a_line, ago, an_order, code_of, place

SERVICE = "gateway"
Announced = Callable[[], Awaitable[list[Event]]]


def a_delivery(ref: str, *lines: tuple[int, int], at: str | None = None) -> dict[str, Any]:
    return {
        "delivery_id": ref,
        "delivered_at": at or ago(),
        "lines": [{"line": line, "quantity": quantity} for line, quantity in lines],
    }


async def test_parts_of_an_order_arrive_by_line_and_are_announced(client: httpx.AsyncClient, announced: Announced):
    order = await place(client, an_order("1", a_line(1, "10.00", 3), a_line(2, "5.00", 1)))
    path = f"/v1/orders/{order['id']}/deliveries"
    at = ago()
    first = await client.post(path, json=a_delivery("a", (1, 2), at=at))
    assert (first.status_code, first.json()["lines"]) == (201, [{"line": 1, "quantity": 2}])
    assert (await client.post(path, json=a_delivery("a", (1, 2), at=at))).content == first.content
    assert code_of(await client.post(path, json=a_delivery("a", (1, 1), at=at))) == (409, "delivery_id_reused")
    assert (await client.post(path, json=a_delivery("b", (2, 1), (1, 1)))).status_code == 201
    whole = await client.post(path, json={"delivery_id": "c", "delivered_at": ago()})
    assert (whole.status_code, whole.json()["lines"]) == (201, [])  # a source that does not say what arrived
    events = [event for event in await announced() if isinstance(event, OrderDelivered)]
    assert [event.lines for event in events] == [
        (DeliveredLine(line=1, quantity=2),),
        (DeliveredLine(line=2, quantity=1), DeliveredLine(line=1, quantity=1)),
        (),
    ]
    shown = (await client.get(f"/v1/orders/{order['id']}")).json()["deliveries"]
    assert sorted(len(delivery["lines"]) for delivery in shown) == [0, 1, 2]


@pytest.mark.parametrize(
    ("lines", "code", "pointer"),
    [
        (((3, 1),), "unknown_line", "/lines/0/line"),
        (((1, 1), (1, 1)), "duplicate_line", "/lines/1/line"),
        (((2, 1), (1, 3)), "more_than_bought", "/lines/1/quantity"),
        (((1, 0),), "greater_than_equal", "/lines/0/quantity"),
    ],
)
async def test_what_can_not_have_arrived_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, announced: Announced, lines: tuple[tuple[int, int], ...], code: str, pointer: str
):
    order = await place(client, an_order("1", a_line(1, "10.00", 3), a_line(2, "5.00", 1)))
    path = f"/v1/orders/{order['id']}/deliveries"
    assert (await client.post(path, json=a_delivery("a", (1, 1)))).status_code == 201
    before = await announced()
    answer = await client.post(path, json=a_delivery("b", *lines))
    assert answer.status_code == 422
    assert [(error["code"], error["pointer"]) for error in answer.json()["errors"]] == [(code, pointer)]
    assert await announced() == before


async def test_K7_rival_part_deliveries_never_exceed_what_was_bought(client: httpx.AsyncClient):
    order = await place(client, an_order("1", a_line(1, "10.00", 3)))
    path = f"/v1/orders/{order['id']}/deliveries"
    rivals = await asyncio.gather(*[client.post(path, json=a_delivery(f"x{n}", (1, 1))) for n in range(6)])
    assert sorted(answer.status_code for answer in rivals) == [201] * 3 + [422] * 3
