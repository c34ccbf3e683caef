"""A prospect: a file and no orders yet. What people decide about it counts everywhere at once (T8, T10, C3, L2)."""

from typing import Any

from tests.journeys.caller import Caller, ago, instant, new_code, now
from tests.journeys.conftest import SignIn
from tests.journeys.test_complaints_settled import due, file_for

CASE = {"channel": "web", "category": "delivery", "what_happened": "Nobody called back."}


async def open_prospect(caller: Caller) -> str:
    facts = {"kind": "organisation", "names": [{"name": "Harbour Works"}]}
    return str((await caller.post("/v1/customers", facts))["id"])


async def file_case(caller: Caller, customer: str) -> dict[str, Any]:
    case: dict[str, Any] = await caller.post("/v1/complaints", CASE | {"customer": {"id": customer}})
    return case


def minutes_of(case: dict[str, Any]) -> dict[str, float]:
    """Working time by stage, in minutes."""
    return {deadline["stage"]: deadline["allowance_seconds"] / 60 for deadline in case["deadlines"]}


async def test_T8_a_prospect_becomes_a_key_account_without_an_order(admin: Caller, sign_in: SignIn) -> None:
    customer = await open_prospect(admin)
    body = {
        "customer_id": customer,
        "kinds": ["strategic"],
        "reason": "It buys next year.",
        "evidence": [{"says": "y"}],
    }
    nomination = await (await sign_in("manager")).post("/v1/key-accounts/nominations", body)
    head = await sign_in("head")
    await head.post(f"/v1/key-accounts/nominations/{nomination['id']}/approval", {}, status=200)
    assert (await admin.get(f"/v1/customers/{customer}/key-account"))["is_key_account"]
    # a key account is no tier: deadlines and points are those of anybody, until somebody places it
    assert minutes_of(await file_case(admin, customer)) == {"acknowledgement": 240, "proposal": 960, "solution": 2400}
    points = await admin.get(f"/v1/customers/{customer}/points")
    assert (points["tier"], points["balance"]) == (None, 0)


async def test_T10_a_customer_without_orders_has_what_its_tier_gives(admin: Caller) -> None:
    prospect = str((await admin.post("/v1/customers", {"kind": "person", "names": [{"name": "Zhang Wei"}]}))["id"])
    other = str((await admin.post("/v1/customers", {"kind": "person", "names": [{"name": "Li Na"}]}))["id"])
    await admin.settle()
    until = ago(days=-90)
    override = {"tier": "platinum", "reason": "The group's chairman.", "until": until}
    await admin.post(f"/v1/customers/{prospect}/tier/overrides", override)
    await admin.settle()

    overview = await admin.get(f"/v1/customers/{prospect}/overview")
    assert (overview["tier"]["tier"], overview["tier"]["kind"]) == ("platinum", "override")

    as_platinum, as_anybody = await file_for(admin, prospect), await file_for(admin, other)
    given = {d["stage"]: (instant(d["due_at"]), d["tier"]) for d in as_platinum["deadlines"]}
    assert {tier for _, tier in given.values()} == {"platinum"}
    assert all(due_at < due(as_anybody)[stage] for stage, (due_at, _) in given.items())

    line = {"line": 1, "sku": "sku-1", "category": "tea", "quantity": 1, "amount": "50.00"}
    order = {"order_id": new_code("O"), "customer": {"id": prospect}, "placed_at": now(), "currency": "USD",
             "channel": "store", "lines": [line]}  # fmt: skip
    await admin.post("/v1/orders", order, status=202)
    await admin.settle()
    assert await admin.tier(prospect) == "platinum"
    overview = await admin.get(f"/v1/customers/{prospect}/overview")
    assert overview["points"]["balance"] == 100, "2 points per 1.00"
