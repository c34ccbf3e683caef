"""A prospect: no orders yet, placed by a person. Its tier counts everywhere from then on (T10, C3, L2)."""

import pytest

from tests.journeys.caller import Caller, ago, instant, new_code
from tests.journeys.test_complaints_settled import due, file_for


@pytest.mark.xfail(strict=True, reason="tiering still refuses an override before the first order (no_tier_yet)")
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
    order = {"order_id": new_code("O"), "customer": {"id": prospect}, "placed_at": ago(seconds=1), "currency": "USD",
             "channel": "store", "lines": [line]}  # fmt: skip
    await admin.post("/v1/orders", order, status=202)
    await admin.settle()
    assert await admin.tier(prospect) == "platinum"
    overview = await admin.get(f"/v1/customers/{prospect}/overview")
    assert overview["points"]["balance"] == 100, "2 points per 1.00"
