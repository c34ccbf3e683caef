"""K17: two partners, each with an order "1001" of its own. Both are accepted, and neither sees the other's."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journeys.caller import Caller, a_line, ago, an_order, new_code, now


@dataclass(frozen=True)
class Partner:
    id: str
    key_id: str
    code: str
    caller: Caller


async def open_partner(admin: Caller) -> Partner:
    code = new_code("dealer")
    partner = await admin.post("/v1/partners", {"code": code, "name": "A dealer"})
    key = await admin.post(f"/v1/partners/{partner['id']}/keys")
    return Partner(partner["id"], key["id"], code, Caller(admin.system, {"Authorization": f"Bearer {key['secret']}"}))


@pytest.fixture
async def both(admin: Caller) -> tuple[Partner, Partner]:
    return await open_partner(admin), await open_partner(admin)


async def order_1001(partner: Partner, amount: str) -> dict[str, Any]:
    """Both call the order 1001, and both call their customer "the-bakery"."""
    body = an_order("the-bakery", [a_line(1, amount)], order_id="1001", at=ago(days=1))
    order: dict[str, Any] = await partner.caller.post("/v1/orders", body, status=202)
    return order


async def test_K17_both_orders_are_accepted_and_are_two(admin: Caller, both: tuple[Partner, Partner]) -> None:
    dealer, other = both
    first, second = await order_1001(dealer, "100.00"), await order_1001(other, "900.00")
    assert first["order_id"] == second["order_id"] == "1001"
    assert first["id"] != second["id"]
    assert first["customer_id"] != second["customer_id"], "the same reference of two sources is two customers"
    await admin.settle()
    assert await admin.points(first["customer_id"]) == (100, 0)
    assert await admin.tier(second["customer_id"]) == "silver"
    assert (await admin.overview(first["customer_id"]))["orders"]["count"] == 1


async def test_K17_what_is_the_others_is_not_there(admin: Caller, both: tuple[Partner, Partner]) -> None:
    dealer, other = both
    first, theirs = await order_1001(dealer, "100.00"), await order_1001(other, "100.00")
    await admin.settle()
    filed = {"channel": "call", "category": "delivery", "what_happened": "Late."}
    case = await admin.post("/v1/complaints", filed | {"customer": {"id": theirs["customer_id"]}})
    who, order = theirs["customer_id"], theirs["id"]
    for path in (
        f"/v1/orders/{order}",
        f"/v1/complaints/{case['id']}",
        f"/v1/customers/{who}",
        f"/v1/customers/{who}/orders",
        f"/v1/customers/{who}/overview",
        f"/v1/customers/{who}/overview?fresh=true",
        f"/v1/customers/{who}/tier",
        f"/v1/customers/{who}/tier/history",
        f"/v1/customers/{who}/tier/explanation",
        f"/v1/customers/{who}/indicators",
        f"/v1/customers/{who}/points",
        f"/v1/customers/{who}/points/entries",
    ):
        await dealer.caller.get(path, expect=404)
    back = {"return_id": "r-1", "returned_at": now(), "lines": [{"line": 1, "quantity": 1}]}
    await dealer.caller.refused(f"/v1/orders/{order}/returns", back, status=404, code="order_not_found")
    theirs_by_id = an_order("x", [a_line(1, "1.00")]) | {"customer": {"id": who}}
    await dealer.caller.refused("/v1/orders", theirs_by_id, status=404, code="customer_not_found")
    theirs_by_source = an_order("x", [a_line(1, "1.00")]) | {"customer": {"source": other.code, "ref": "the-bakery"}}
    await dealer.caller.refused("/v1/orders", theirs_by_source, status=403, code="foreign_source")

    own = first["customer_id"]
    assert (await dealer.caller.overview(own))["orders"]["count"] == 1
    assert (await dealer.caller.get(f"/v1/orders/{first['id']}"))["source"] == f"partner:{dealer.id}"
    assert await dealer.caller.points(own) == (100, 0)


async def test_K17_lists_and_searches_hold_only_ones_own(admin: Caller, both: tuple[Partner, Partner]) -> None:
    dealer, other = both
    first, theirs = await order_1001(dealer, "100.00"), await order_1001(other, "100.00")
    await admin.settle()
    for partner, own in ((dealer, first), (other, theirs)):
        for path in ("/v1/customers", "/v1/customers?q=the-bakery"):
            listed = await partner.caller.get(path)
            assert [line["id"] for line in listed["items"]] == [own["customer_id"]], path
        orders = await partner.caller.get(f"/v1/customers/{own['customer_id']}/orders")
        assert [line["id"] for line in orders["items"]] == [own["id"]]
    filed = {"channel": "partner", "category": "delivery", "what_happened": "The bread was late."}
    case = await dealer.caller.post("/v1/complaints", filed | {"customer": {"id": first["customer_id"]}})
    assert [line["id"] for line in (await dealer.caller.get("/v1/complaints"))["items"]] == [case["id"]]
    assert (await other.caller.get("/v1/complaints"))["items"] == []
    await other.caller.refused(
        "/v1/complaints", filed | {"customer": {"id": first["customer_id"]}}, status=404, code="customer_not_found"
    )
    for path in ("/v1/pyramid", "/v1/tier-policies", "/v1/employees", "/v1/points/liability", "/v1/calls/statistics"):
        await dealer.caller.get(path, expect=403)


async def test_K17_a_return_id_and_a_receivable_id_are_ones_own_too(both: tuple[Partner, Partner]) -> None:
    for partner, amount in zip(both, ("100.00", "200.00"), strict=True):
        order = await order_1001(partner, amount)
        back = {"return_id": "r-1", "returned_at": now(), "lines": [{"line": 1, "quantity": 1}]}
        taken = await partner.caller.post(f"/v1/orders/{order['id']}/returns", back)
        assert taken["amount"] == amount
        owed = {
            "receivable_id": "i-1",
            "customer": {"ref": "the-bakery"},
            "order": "1001",
            "amount": amount,
            "issued_on": ago(days=10)[:10],
            "due_on": now()[:10],
        }
        receivable = await partner.caller.post("/v1/receivables", owed)
        assert (receivable["order_id"], receivable["customer_id"]) == (order["id"], order["customer_id"])
        paid = {"payment_id": "p-1", "receivable": "i-1", "amount": amount, "paid_at": now()}
        assert (await partner.caller.post("/v1/payments", paid))["outstanding"] == "0.00"


async def test_K17_an_idempotency_key_is_ones_own_too(admin: Caller, both: tuple[Partner, Partner]) -> None:
    filed = {"channel": "partner", "category": "delivery", "what_happened": "Late."}
    cases = []
    for partner in both:
        order = await order_1001(partner, "10.00")
        await admin.settle()
        body = filed | {"customer": {"id": order["customer_id"]}}
        case, again = [
            await partner.caller.send("POST", "/v1/complaints", json=body, headers={"Idempotency-Key": "1"})
            for _ in range(2)
        ]
        assert (case.status_code, again.text) == (201, case.text)
        cases.append(case.json()["id"])
    assert len(set(cases)) == 2


async def test_G1_a_revoked_key_opens_nothing(admin: Caller, both: tuple[Partner, Partner]) -> None:
    dealer, other = both
    order = await order_1001(dealer, "100.00")
    revoked = await admin.send("DELETE", f"/v1/partners/{dealer.id}/keys/{dealer.key_id}")
    assert revoked.status_code == 204
    for answer in await asyncio.gather(
        dealer.caller.send("GET", f"/v1/orders/{order['id']}"),
        dealer.caller.send("GET", "/v1/customers"),
        dealer.caller.send("POST", "/v1/orders", json=an_order("x", [a_line(1, "1.00")])),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")
    await order_1001(other, "1.00")
    second = await admin.post(f"/v1/partners/{dealer.id}/keys")
    with_new_key = Caller(admin.system, {"Authorization": f"Bearer {second['secret']}"})
    assert (await with_new_key.get(f"/v1/orders/{order['id']}"))["id"] == order["id"]
