"""Bodies as clients send them, for the gateway's tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from shared.events import CustomerReferenceRegistered, Event
from shared.messaging import Database


def ago(**how_long: float) -> str:
    return (datetime.now(UTC) - timedelta(**how_long)).isoformat()


PLACED = ago(days=1)


def a_line(number: int = 1, amount: str = "10.00", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"line": number, "sku": f"sku-{number}", "category": "tea", "quantity": quantity, "amount": amount} | more


def an_order(ref: str = "1001", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "order_id": ref,
        "customer": {"source": "patron", "ref": "c-1"},
        "placed_at": PLACED,
        "currency": "USD",
        "channel": "web",
        "lines": list(lines) or [a_line()],
    } | more


async def place(client: httpx.AsyncClient, order: dict[str, Any], **how: Any) -> dict[str, Any]:
    answer = await client.post("/v1/orders", json=order, **how)
    assert answer.status_code == 202, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted


async def a_partner(client: httpx.AsyncClient, code: str = "dealer-1") -> tuple[UUID, dict[str, str]]:
    """A partner and the header of a key of its."""
    partner = (await client.post("/v1/partners", json={"code": code, "name": "Dealer"})).json()
    key = await client.post(f"/v1/partners/{partner['id']}/keys")
    assert key.status_code == 201, key.text
    return UUID(partner["id"]), {"Authorization": f"Bearer {key.json()['secret']}"}


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def a_receivable(**more: Any) -> dict[str, Any]:
    return {
        "receivable_id": "r-2", "customer": {"ref": "c-1"}, "amount": "100.00", "issued_on": in_days(-7),
        "due_on": in_days(23),
    } | more  # fmt: skip


def a_payment(**more: Any) -> dict[str, Any]:
    return {"payment_id": "p-1", "receivable": "r-1", "amount": "40.00", "paid_at": ago()} | more


async def stored(database: Database) -> int:
    """Rows that reports leave, of whatever kind."""
    tables = ("customer_order", "reversal", "delivery", "receivable", "payment", "customer_reference", "outbox")
    sums = " + ".join(f"(select count(*) from {table})" for table in tables)
    return int(await database.run(lambda tx: tx.raw.fetchval(f"select {sums}")))


NOBODY = "01890000-0000-7000-8000-000000000000"


async def registered_refs(database: Database, events: Sequence[Event]) -> list[str]:
    """The references behind the registrations among these events, in their order: the registry alone knows them."""
    query = "select ref from customer_reference where customer_id = $1 and source = $2 and registered_at is not null"
    registered = [event for event in events if isinstance(event, CustomerReferenceRegistered)]
    return [
        await database.run(lambda tx, event=event: tx.raw.fetchval(query, event.customer_id, event.source))
        for event in registered
    ]
