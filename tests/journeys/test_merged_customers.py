"""P12 over all services: a customer that a shop and a dealer know by two references is one, and two again. And what was
granted to somebody who was taken for another (C1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.journeys.caller import Caller, new_code
from tests.journeys.twin_facts import CASE
from tests.system import System

IN_FORCE = "select root_id, absorbed_id from customer_merge where unmerged_at is null"
PLACED = (datetime.now(UTC) - timedelta(days=2)).isoformat()


async def ordered(gateway: httpx.AsyncClient, order: str, ref: str, amount: str) -> str:
    body = {
        "order_id": order, "customer": {"source": "patron", "ref": ref}, "placed_at": PLACED, "currency": "USD",
        "channel": "web", "lines": [{"line": 1, "sku": "s", "category": "tea", "quantity": 1, "amount": amount}],
    }  # fmt: skip
    answer = await gateway.post("/v1/orders", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["customer_id"])


async def content(gateway: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await gateway.get(f"/v1/customers/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_P12_a_customer_known_by_two_references_is_one(system: System) -> None:
    gateway = system.gateway
    root = await ordered(gateway, "o-1", "crm-1", "10.00")
    other = await ordered(gateway, "o-2", "138001380000", "20.00")
    await system.settle()
    preview = await content(gateway, f"{root}/merges/preview", absorbed=other)
    assert (preview["refusal"], preview["did_not_answer"]) == (None, [])
    assert preview["changes"]["tier"]["root"]["tier"] == preview["changes"]["tier"]["absorbed"]["tier"]
    points = preview["changes"]["points"]
    assert points["together"]["balance"] == points["root"]["balance"] + points["absorbed"]["balance"] > 0
    cases = preview["changes"]["cases"]
    assert (cases["root"], cases["absorbed"], cases["next_due_at"]) == (0, 0, None)

    body = {"absorbed": {"source": "patron", "ref": "138001380000"}}
    merge = await gateway.post(f"/v1/customers/{root}/merges", json=body)
    assert merge.status_code == 201, merge.text
    unknown = {"absorbed": {"source": "patron", "ref": "nobody"}}
    assert (await gateway.post(f"/v1/customers/{root}/merges", json=unknown)).status_code == 404
    await system.settle()
    file = await content(gateway, other)
    assert (file["id"], file["merged_from"]) == (root, [other])
    assert [reference["ref"] for reference in file["references"]] == ["138001380000", "crm-1"]
    assert (await content(gateway, f"{other}/overview"))["orders"]["count"] == 2
    assert len((await content(gateway, f"{other}/orders"))["items"]) == 2
    for name in ("profile", "gateway", "tiering", "complaint", "loyalty"):
        [row] = await system.service(name).database.run(lambda tx: tx.raw.fetch(IN_FORCE))
        assert (str(row["root_id"]), str(row["absorbed_id"])) == (root, other), name

    path = f"/v1/customers/{root}/merges/{merge.json()['merge_id']}"
    assert (await gateway.delete(path)).status_code == 204
    await system.settle()
    assert (await content(gateway, f"{other}/overview"))["orders"]["count"] == 1
    assert [reference["ref"] for reference in (await content(gateway, other))["references"]] == ["138001380000"]


async def test_C1_what_a_case_granted_moves_with_the_case(admin: Caller) -> None:
    orders = [await admin.place(new_code("T"), "10.00") for _ in range(2)]
    her, his = [order["customer_id"] for order in orders]
    await admin.settle()
    body = CASE | {"customer": {"id": her}, "kind": "complaint", "severity": "low"}
    case = f"/v1/complaints/{(await admin.post('/v1/complaints', body))['id']}"
    await admin.post(f"{case}/acknowledgement", {})
    await admin.post(f"{case}/judgement", {"valid": True, "reason": "So it is."})
    await admin.post(f"{case}/proposals", {"text": "With our apologies.", "points": 30})
    await admin.post(f"{case}/acceptance", {"accepted": True})
    await admin.post(f"{case}/resolution", {})
    await admin.settle()
    before = await admin.points(her), await admin.points(his)
    await admin.post(f"{case}/identification", {"customer_id": his})
    await admin.settle()
    after = await admin.points(her), await admin.points(his)
    assert [a[0] - b[0] for a, b in zip(after, before, strict=True)] == [-30, 30]
