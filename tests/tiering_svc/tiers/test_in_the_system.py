"""Tiering among the other services, through the gateway: an order, its return (K18), a review, the pyramid."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system import System

NOW = datetime.now(UTC).replace(microsecond=0)


def order(number: int, placed_at: datetime, amount: str) -> dict[str, Any]:
    return {
        "order_id": f"T-{number}",
        "customer": {"source": "patron", "ref": "C-1"},
        "placed_at": placed_at.isoformat(),
        "currency": "USD",
        "channel": "web",
        "lines": [{"line": 1, "sku": "A-1", "category": "tools", "quantity": 1, "amount": amount}],
    }


async def test_K18_a_return_corrects_the_tier_and_a_review_finds_nothing_more(system: System) -> None:
    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await system.gateway.post(path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def get(path: str) -> dict[str, Any]:
        answer = await system.gateway.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    first = await post("/v1/orders", order(1, NOW - timedelta(days=5), "900.00"))
    big = await post("/v1/orders", order(2, NOW - timedelta(days=4), "5000.00"))
    customer = first["customer_id"]
    await system.settle()
    assert (await get(f"/v1/customers/{customer}/tier"))["tier"] == "platinum"
    back = {"return_id": "R-1", "returned_at": NOW.isoformat(), "lines": [{"line": 1, "quantity": 1}]}
    await post(f"/v1/orders/{big['id']}/returns", back)
    run = await post("/v1/evaluations", {"as_of": NOW.isoformat()})
    for _ in range(100):
        run = await get(f"/v1/evaluations/{run['id']}")
        if run["finished_at"]:
            break
        await asyncio.sleep(0.1)
    assert (run["result"], run["outcomes"]) == ("applied", {"kept": 1})  # it waited for the return
    tier = await get(f"/v1/customers/{customer}/tier")
    assert (tier["tier"], tier["kind"]) == ("silver", "correction")
    history = (await get(f"/v1/customers/{customer}/tier/history"))["items"]
    assert [(row["tier"], row["kind"]) for row in history] == [("silver", "first"), ("silver", "correction")]
    words = (await get(f"/v1/customers/{customer}/tier/explanation?lang=zh"))["words"]
    assert "更正" in words
    pyramid = await get("/v1/pyramid")
    assert {level["tier"]: level["customers"] for level in pyramid["levels"]}["silver"] == 1
