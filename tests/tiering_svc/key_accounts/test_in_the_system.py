"""T8, T13 among the other services, through the gateway: a key account and its risk, retention, lifetime values."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.verify.invariants.key_accounts import INVARIANTS
from tests.system import System

NOW = datetime.now(UTC).replace(microsecond=0)


def order(customer: int, number: int) -> dict[str, Any]:
    placed_at = NOW - timedelta(days=2 + (7 + customer) * number)
    line = {"line": 1, "sku": "A", "category": "tools", "quantity": 1, "unit_cost": "97.00"}
    return {
        "order_id": f"T-{customer}-{number}",
        "customer": {"source": "patron", "ref": f"C-{customer}"},
        "placed_at": placed_at.isoformat(),
        "currency": "USD",
        "channel": "web",
        "lines": [line | {"amount": f"{100 * customer}.00"}],
    }


async def test_T8_T13_a_key_account_and_its_risks_and_everybodys_value(system: System) -> None:
    async def post(path: str, body: dict[str, Any], role: str = "manager", expect: int = 201) -> dict[str, Any]:
        answer = await system.gateway.post(path, json=body, headers=system.as_role(role))
        assert answer.status_code == expect, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def get(path: str) -> dict[str, Any]:
        answer = await system.gateway.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    placed = [
        await post("/v1/orders", order(customer, number), role="head", expect=202)
        for customer in range(1, 13)
        for number in range(4)
    ]
    await system.settle()
    customer = placed[0]["customer_id"]
    nomination = await post(
        "/v1/key-accounts/nominations",
        {"customer_id": customer, "kinds": ["strategic"], "reason": "x", "evidence": [{"says": "y"}]},
    )
    approval = f"/v1/key-accounts/nominations/{nomination['id']}/approval"
    await post(approval, {}, role="manager", expect=403)
    await post(approval, {}, role="head", expect=200)
    assert (await get(f"/v1/customers/{customer}/key-account"))["is_key_account"]
    run = await post("/v1/lifetime-value/runs", {}, role="head", expect=202)
    for _ in range(200):
        risks, run = await get(f"/v1/customers/{customer}/risks"), await get(f"/v1/lifetime-value/runs/{run['id']}")
        if risks["checked_at"] and run["finished_at"]:
            break
        await asyncio.sleep(0.1)
    assert [flag["risk"] for flag in risks["items"]] == ["profit"]  # 3 % of margin, found by the service's own loop
    assert (run["status"], run["progress"]["done"]) == ("done", 12)
    assert (await get(f"/v1/customers/{customer}/lifetime-value"))["words"]
    periods = (await get("/v1/retention"))["periods"]
    assert sum(period["new"] for period in periods) == 12
    assert (await get("/v1/retention/lost"))["items"] == []
    assert (await get("/v1/key-accounts/candidates"))["kind"] == "economic"
    await system.settle()
    for invariant in INVARIANTS:
        rows = await system.databases["tiering"].run(lambda tx, sql=invariant.offending: tx.raw.fetch(sql))  # type: ignore[misc]
        assert rows == [], invariant.code
