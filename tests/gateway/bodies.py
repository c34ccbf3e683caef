"""Bodies as clients send them, for the gateway's tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx


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
