"""What intake refuses: each with a stable code, nothing stored, never a 500."""

import json
from typing import Any

import httpx
import pytest

from shared.messaging import Database
from tests.gateway.bodies import NOBODY, a_line, ago, an_order, code_of, place, stored

SERVICE = "gateway"

JSON = {"Content-Type": "application/json"}


BAD_ORDERS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("an unknown field", an_order(extra=1), 422, "extra_forbidden", "/extra"),
    ("an unknown field of a line", an_order("1", a_line(colour="red")), 422, "extra_forbidden", "/lines/0/colour"),
    ("a number for an id", an_order(order_id=1001), 422, "string_type", "/order_id"),
    ("a bool for a quantity", an_order("1", a_line(quantity=True)), 422, "int_type", "/lines/0/quantity"),
    ("text for a quantity", an_order("1", a_line(quantity="1")), 422, "int_type", "/lines/0/quantity"),
    ("a float for a quantity", an_order("1", a_line(quantity=1.5)), 422, "int_type", "/lines/0/quantity"),
    ("quantity 0", an_order("1", a_line(quantity=0)), 422, "greater_than_equal", "/lines/0/quantity"),
    ("a huge quantity", an_order("1", a_line(quantity=10**20)), 422, "less_than_equal", "/lines/0/quantity"),
    ("a number for an amount", an_order("1", a_line(amount=10)), 422, "amount", "/lines/0/amount"),
    ("a negative amount", an_order("1", a_line(amount="-1.00")), 422, "amount", "/lines/0/amount"),
    ("NaN", an_order("1", a_line(amount="NaN")), 422, "amount", "/lines/0/amount"),
    ("Infinity", an_order("1", a_line(amount="Infinity")), 422, "amount", "/lines/0/amount"),
    ("an exponent", an_order("1", a_line(amount="1e3")), 422, "amount", "/lines/0/amount"),
    ("digits of another script", an_order("1", a_line(amount="١٢")), 422, "amount", "/lines/0/amount"),
    ("three decimals", an_order("1", a_line(amount="1.001")), 422, "too_many_decimals", "/lines/0/amount"),
    ("twenty digits", an_order("1", a_line(amount="9" * 20)), 422, "amount", "/lines/0/amount"),
    (
        "costs beyond accounting",
        an_order("1", a_line(quantity=1_000_000, unit_cost="99999999999999.9999")),
        *(422, "amount_too_large", "/lines"),
    ),
    (
        "costs beyond accounting, of all lines together",
        an_order("1", a_line(1, unit_cost="5000000000000"), a_line(2, quantity=500_000, unit_cost="10000000.00")),
        *(422, "amount_too_large", "/lines"),
    ),
    ("another currency", an_order(currency="EUR"), 422, "currency_not_accepted", "/currency"),
    ("no currency", an_order(currency="usd"), 422, "string_pattern_mismatch", "/currency"),
    ("an order from the future", an_order(placed_at=ago(minutes=-60)), 422, "in_the_future", "/placed_at"),
    ("the year 9999", an_order(placed_at="9999-12-31T23:59:59-14:00"), 422, "in_the_future", "/placed_at"),
    ("the year 1", an_order(placed_at="0001-01-01T00:00:00+14:00"), 422, "too_long_ago", "/placed_at"),
    ("no offset", an_order(placed_at="2026-05-01T10:00:00"), 422, "instant", "/placed_at"),
    ("seconds since 1970", an_order(placed_at="1770000000"), 422, "instant", "/placed_at"),
    ("no such day", an_order(placed_at="2026-02-30T10:00:00Z"), 422, "instant", "/placed_at"),
    ("no lines", an_order(lines=[]), 422, "no_lines", "/lines"),
    ("501 lines", an_order("1", *[a_line(n) for n in range(1, 502)]), 422, "too_many_lines", "/lines"),
    ("a line number twice", an_order("1", a_line(1), a_line(1)), 422, "duplicate_line", "/lines/1/line"),
    ("a newline at the end", an_order("1", a_line(sku="ab\n")), 422, "string_pattern_mismatch", "/lines/0/sku"),
    ("nobody", an_order(customer={}), 422, "customer_address", "/customer"),
    ("two customers", an_order(customer={"id": NOBODY, "ref": "c"}), 422, "customer_address", "/customer"),
    ("no uuid", an_order(customer={"id": "c-1"}), 422, "uuid", "/customer/id"),
]


@pytest.mark.parametrize(
    ("order", "status", "code", "pointer"), [bad[1:] for bad in BAD_ORDERS], ids=[bad[0] for bad in BAD_ORDERS]
)
async def test_an_order_is_refused_with_a_code_and_a_pointer(
    client: httpx.AsyncClient, database: Database, order: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answer = await client.post("/v1/orders", json=order)
    assert answer.status_code == status, answer.text
    assert {"pointer": pointer, "code": code} in [
        {"pointer": error["pointer"], "code": error["code"]} for error in answer.json()["errors"]
    ]
    assert await stored(database) == 0


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "malformed_json"),
        (b"", JSON, 400, "malformed_json"),
        (b"\xff\xfe", JSON, 400, "malformed_json"),
        (b'{"order_id": "\\ud800"}', JSON, 422, "invalid_text"),
        (b'{"order_id": "\\ud800"', JSON, 400, "malformed_json"),
        (b'{"order_id": NaN}', JSON, 400, "malformed_json"),
        (b"[]", JSON, 422, "validation_failed"),
        (b"null", JSON, 422, "validation_failed"),
        (b"[" * 100_000, JSON, 422, "too_deep"),
        (b"[" * 40 + b"]" * 40, JSON, 422, "too_deep"),
        (b'{"order_id": %b}' % (b"9" * 40), JSON, 422, "number_too_long"),
        (json.dumps(an_order("1", a_line(sku="a\0b"))).encode(), JSON, 422, "invalid_text"),
        (b'{"extra": 1, "extra": 1}', JSON, 422, "duplicate_key"),
        (json.dumps(an_order()).encode(), {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (json.dumps(an_order()).encode(), {}, 415, "unsupported_media_type"),
        (b" " * (10 * 1024 * 1024), JSON, 413, "body_too_large"),
        (b" " * (2 * 1024 * 1024), JSON, 413, "body_too_large"),
    ],
)
async def test_bodies_that_are_no_orders(
    client: httpx.AsyncClient, database: Database, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    assert code_of(await client.post("/v1/orders", content=body, headers=headers)) == (status, code)
    assert await stored(database) == 0


async def test_a_large_body_that_does_not_say_its_length(client: httpx.AsyncClient, database: Database) -> None:
    async def pieces() -> Any:
        for _ in range(160):
            yield b" " * 65536

    assert code_of(await client.post("/v1/orders", content=pieces(), headers=JSON)) == (413, "body_too_large")
    assert await stored(database) == 0


async def test_a_partner_may_not_rewrite_history(client: httpx.AsyncClient, database: Database, as_role: Any) -> None:
    old = an_order(placed_at=ago(days=31))
    assert code_of(await client.post("/v1/orders", json=old, headers=as_role("manager"))) == (
        403,
        "history_scope_needed",
    )
    assert await stored(database) == 0
    await place(client, old, headers=as_role("head"))


ONE_BACK = [{"line": 1, "quantity": 1}]


def a_return(lines: list[dict[str, int]] = ONE_BACK, **more: Any) -> dict[str, Any]:
    return {"return_id": "r", "returned_at": ago(), "lines": lines} | more


FOLLOW_UPS: list[tuple[str, dict[str, Any], int, str]] = [
    ("returns", a_return([{"line": 1, "quantity": 3}]), 422, "more_than_bought"),
    ("returns", a_return([{"line": 9, "quantity": 1}]), 422, "unknown_line"),
    ("returns", a_return([{"line": 1, "quantity": 0}]), 422, "validation_failed"),
    ("returns", a_return([{"line": 1, "quantity": True}]), 422, "validation_failed"),
    ("returns", a_return([]), 422, "no_lines"),
    ("returns", a_return(returned_at=ago(days=2)), 422, "before_its_order"),
    ("returns", a_return(returned_at=ago(hours=-1)), 422, "in_the_future"),
    ("returns", a_return(return_id="r\0"), 422, "invalid_text"),
    ("returns", a_return(why=""), 422, "validation_failed"),
    ("deliveries", {"delivery_id": "d", "delivered_at": ago(days=2)}, 422, "before_its_order"),
    ("deliveries", {"delivery_id": "d", "delivered_at": ago(hours=-1)}, 422, "in_the_future"),
    ("cancellation", {"cancelled_at": ago(days=2)}, 422, "before_its_order"),
    ("cancellation", {"cancelled_at": ago(hours=-1)}, 422, "in_the_future"),
    ("cancellation", {"cancelled_at": ago(), "reason": "so it is"}, 422, "validation_failed"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "body", "status", "code"), FOLLOW_UPS)
async def test_what_follows_an_order_is_refused(
    client: httpx.AsyncClient, database: Database, what: str, body: dict[str, Any], status: int, code: str
) -> None:
    order = await place(client, an_order("1", a_line(1, "10.00", 2)))
    before = await stored(database)
    assert code_of(await client.post(f"/v1/orders/{order['id']}/{what}", json=body)) == (status, code)
    assert code_of(await client.post(f"/v1/orders/{NOBODY}/{what}", json=body))[0] in (404, 422)
    assert await stored(database) == before


async def test_a_return_of_an_unknown_order_is_not_found(client: httpx.AsyncClient) -> None:
    body = {"return_id": "r", "returned_at": ago(), "lines": [{"line": 1, "quantity": 1}]}
    assert code_of(await client.post(f"/v1/orders/{NOBODY}/returns", json=body)) == (404, "order_not_found")
    assert (await client.post("/v1/orders/1001/returns", json=body)).status_code == 404
