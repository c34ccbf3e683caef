"""Receivables and payments: owed once, paid in parts, never more than is owed, and told again answered the same."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from shared.events import PaymentReceived, ReceivableIssued
from shared.messaging import Database
from tests.gateway.bodies import (
    NOBODY,
    a_partner,
    a_payment,
    a_receivable,
    ago,
    an_order,
    code_of,
    in_days,
    place,
    stored,
)

SERVICE = "gateway"

Announced = Callable[[], Awaitable[list[Any]]]


async def test_money_is_owed_and_paid_in_parts(client: httpx.AsyncClient, announced: Announced) -> None:
    order = await place(client, an_order("o-1"))
    body = a_receivable(receivable_id="r-1", order="o-1")
    owed = await client.post("/v1/receivables", json=body)
    assert (owed.status_code, owed.json()["order_id"]) == (201, order["id"])
    assert (await client.post("/v1/receivables", json=body)).content == owed.content
    by_id = await client.post("/v1/receivables", json=a_receivable(receivable_id="r-2", order=order["id"]))
    assert by_id.json()["order_id"] == order["id"]
    other = await client.post("/v1/receivables", json=body | {"amount": "99.00"})
    assert code_of(other) == (409, "receivable_id_reused")
    part = a_payment()
    first = await client.post("/v1/payments", json=part)
    assert (first.status_code, first.json()["outstanding"]) == (201, "60.00")
    assert (await client.post("/v1/payments", json=part)).content == first.content
    assert code_of(await client.post("/v1/payments", json=part | {"amount": "41.00"})) == (409, "payment_id_reused")
    rest = a_payment(payment_id="p-2", amount="60.00", receivable=owed.json()["id"])
    assert (await client.post("/v1/payments", json=rest)).json()["outstanding"] == "0.00"
    assert code_of(await client.post("/v1/payments", json=a_payment(payment_id="p-3", amount="0.01"))) == (
        422,
        "more_than_owed",
    )
    kinds = [type(event) for event in (await announced())[2:]]
    assert kinds == [ReceivableIssued, ReceivableIssued, PaymentReceived, PaymentReceived]


async def test_a_receivable_of_an_unknown_reference_opens_the_customer(
    client: httpx.AsyncClient, announced: Announced
) -> None:
    owed = (await client.post("/v1/receivables", json=a_receivable(customer={"source": "demo", "ref": "new"}))).json()
    seen, issued = await announced()
    assert str(seen.customer_id) == str(issued.customer_id) == owed["customer_id"]


async def test_payments_at_once_never_exceed_what_is_owed(client: httpx.AsyncClient, database: Database) -> None:
    await client.post("/v1/receivables", json=a_receivable(receivable_id="r-1"))
    answers = await asyncio.gather(
        *[client.post("/v1/payments", json=a_payment(payment_id=f"p{n}", amount="30.00")) for n in range(6)]
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [422] * 3
    paid = await database.run(lambda tx: tx.raw.fetchval("select sum(amount) from payment"))
    assert paid == Decimal("90.00")


async def test_a_partner_pays_only_its_own_receivables(client: httpx.AsyncClient) -> None:
    (_, a), (_, b) = await a_partner(client, "a"), await a_partner(client, "b")
    owed = (await client.post("/v1/receivables", json=a_receivable(), headers=a)).json()
    for named in ("r-2", owed["id"]):
        answer = await client.post("/v1/payments", json=a_payment(receivable=named), headers=b)
        assert code_of(answer) == (404, "receivable_not_found")
    assert (await client.post("/v1/payments", json=a_payment(receivable="r-2"), headers=a)).status_code == 201


async def test_a_receivable_of_another_source_is_paid_by_that_sources_own_id(
    client: httpx.AsyncClient, as_role: Any
) -> None:
    _, key = await a_partner(client, "dealer")
    manager = as_role("manager")
    for source, headers in (("demo", manager), ("dealer", key)):
        customer = {"source": source, "ref": "zz1"}
        owed = await client.post(
            "/v1/receivables", json=a_receivable(receivable_id=f"RV-{source}", customer=customer), headers=headers
        )
        assert owed.status_code == 201, owed.text
        part = a_payment(receivable=f"RV-{source}")
        assert code_of(await client.post("/v1/payments", json=part, headers=manager)) == (404, "receivable_not_found")
        paid = await client.post("/v1/payments", json=part | {"source": source}, headers=manager)
        assert (paid.status_code, paid.json()["receivable_id"]) == (201, owed.json()["id"]), paid.text
        assert (
            await client.post("/v1/payments", json=part | {"source": source}, headers=manager)
        ).content == paid.content
        by_id = a_payment(payment_id="p-2", receivable=owed.json()["id"], source="patron")
        assert (await client.post("/v1/payments", json=by_id, headers=manager)).status_code == 201
    own = a_payment(payment_id="p-3", receivable="RV-dealer", amount="1.00", source="dealer")
    assert (await client.post("/v1/payments", json=own, headers=key)).status_code == 201
    for named, status, code in (("demo", 403, "foreign_source"), ("nobody", 403, "foreign_source")):
        assert code_of(await client.post("/v1/payments", json=own | {"source": named}, headers=key)) == (status, code)
    unknown = await client.post("/v1/payments", json=own | {"source": "nobody"}, headers=manager)
    assert (code_of(unknown), unknown.json()["errors"][0]["pointer"]) == ((422, "unknown_source"), "/source")


MONEY: list[tuple[str, dict[str, Any], int, str]] = [
    ("receivables", {"amount": "0.00"}, 422, "amount_not_positive"),
    ("receivables", {"amount": "-1.00"}, 422, "validation_failed"),
    ("receivables", {"amount": 1}, 422, "validation_failed"),
    ("receivables", {"amount": "1.001"}, 422, "too_many_decimals"),
    ("receivables", {"due_on": "2026-04-30"}, 422, "due_before_issued"),
    ("receivables", {"due_on": "2026-02-30"}, 422, "validation_failed"),
    ("receivables", {"order": "nobody"}, 404, "order_not_found"),
    ("receivables", {"customer": {"id": NOBODY}}, 404, "customer_not_found"),
    ("receivables", {"issued_on": "2199-01-01", "due_on": "2199-02-01"}, 422, "in_the_future"),
    ("receivables", {"issued_on": in_days(2), "due_on": "2199-02-01"}, 422, "in_the_future"),
    ("receivables", {"issued_on": "1969-12-31"}, 422, "too_long_ago"),
    ("receivables", {"issued_on": "0001-01-01"}, 422, "validation_failed"),
    ("payments", {"receivable": "other"}, 404, "receivable_not_found"),
    ("payments", {"amount": "100.01"}, 422, "more_than_owed"),
    ("payments", {"amount": "0.00"}, 422, "amount_not_positive"),
    ("payments", {"paid_at": ago(hours=-1)}, 422, "in_the_future"),
]


@pytest.mark.parametrize(("what", "more", "status", "code"), MONEY)
async def test_money_is_refused(
    client: httpx.AsyncClient, database: Database, what: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = await client.post("/v1/receivables", json=a_receivable(receivable_id="r-1"))
    assert answer.status_code == 201
    before = await stored(database)
    body = a_receivable(**more) if what == "receivables" else a_payment(**more)
    assert code_of(await client.post(f"/v1/{what}", json=body)) == (status, code)
    assert await stored(database) == before


async def test_a_receivable_of_long_ago_needs_history(
    client: httpx.AsyncClient, database: Database, as_role: Any
) -> None:
    old = a_receivable(issued_on=in_days(-32), due_on=in_days(-2))
    before = await stored(database)
    refused = await client.post("/v1/receivables", json=old, headers=as_role("manager"))
    assert code_of(refused) == (403, "history_scope_needed")
    assert await stored(database) == before
    issued = await client.post("/v1/receivables", json=old, headers=as_role("head"))
    assert issued.status_code == 201
    # told again, it is answered the same, whoever tells it
    assert (await client.post("/v1/receivables", json=old, headers=as_role("manager"))).content == issued.content
    today = a_receivable(receivable_id="r-3", issued_on=in_days(0), due_on=in_days(0))
    assert (await client.post("/v1/receivables", json=today, headers=as_role("manager"))).status_code == 201
