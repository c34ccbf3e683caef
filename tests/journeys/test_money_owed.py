"""Receivables and payments in parts: what is outstanding is the same in the answer, the overview and tiering."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.journeys.caller import Caller, new_code, now


def day(offset: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=offset)).isoformat()


async def owe(caller: Caller, ref: str, amount: str, *, due: int, status: int = 201, **more: Any) -> dict[str, Any]:
    body = {
        "receivable_id": new_code("I"),
        "customer": {"ref": ref},
        "amount": amount,
        "issued_on": day(-60),
        "due_on": day(due),
    }
    receivable: dict[str, Any] = await caller.post("/v1/receivables", body | more, status=status)
    return receivable


def a_payment(receivable: dict[str, Any], amount: str) -> dict[str, Any]:
    return {"payment_id": new_code("P"), "receivable": receivable["id"], "amount": amount, "paid_at": now()}


async def shown(caller: Caller, customer: str) -> dict[str, Any]:
    await caller.settle()
    receivables: dict[str, Any] = (await caller.overview(customer))["receivables"]
    return receivables


async def indicator(caller: Caller, customer: str, code: str) -> Any:
    indicators = (await caller.get(f"/v1/customers/{customer}/indicators"))["indicators"]
    return next(indicator["value"] for indicator in indicators if indicator["code"] == code)


async def test_G2_what_is_paid_in_parts_is_owed_less_and_less_and_never_more_than_paid(admin: Caller) -> None:
    ref = new_code("M")
    order = await admin.place(ref, "1000.00")
    customer = order["customer_id"]
    old = await owe(admin, ref, "600.00", due=-30, order=order["order_id"])
    await owe(admin, ref, "400.00", due=30)
    assert old["order_id"] == order["id"]
    assert await shown(admin, customer) == {"outstanding": "1000.00", "overdue": "600.00", "oldest_due_on": day(-30)}

    part = a_payment(old, "250.10")
    first = await admin.post("/v1/payments", part)
    assert first["outstanding"] == "349.90"
    assert await admin.post("/v1/payments", part) == first, "told again, it is the same payment"
    assert await shown(admin, customer) == {"outstanding": "749.90", "overdue": "349.90", "oldest_due_on": day(-30)}

    problem = await admin.refused("/v1/payments", a_payment(old, "349.91"), status=422, code="more_than_owed")
    assert problem["outstanding"] == "349.90"
    assert (await admin.post("/v1/payments", a_payment(old, "349.90")))["outstanding"] == "0.00"
    assert await shown(admin, customer) == {"outstanding": "400.00", "overdue": "0.00", "oldest_due_on": day(30)}
    await admin.refused("/v1/payments", a_payment(old, "0.01"), status=422, code="more_than_owed")


async def test_G2_parts_that_come_at_once_are_never_more_than_is_owed(admin: Caller) -> None:
    ref = new_code("M")
    receivable = await owe(admin, ref, "100.00", due=10)
    parts = [a_payment(receivable, "30.00") for _ in range(6)]
    answers = await asyncio.gather(*(admin.send("POST", "/v1/payments", json=part) for part in parts))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [422] * 3
    assert (await shown(admin, receivable["customer_id"]))["outstanding"] == "10.00"


async def test_G2_money_owed_by_somebody_unknown_makes_a_customer(admin: Caller) -> None:
    """Who owes before ever ordering has a file, an overview and no tier yet."""
    receivable = await owe(admin, new_code("M"), "70.00", due=-1)
    customer = receivable["customer_id"]
    assert (await shown(admin, customer))["overdue"] == "70.00"
    overview = await admin.overview(customer)
    assert (overview["customer"]["kind"], overview["tier"], overview["orders"]["count"]) == ("unknown", None, 0)
    problem = await admin.get(f"/v1/customers/{customer}/tier", expect=404)
    assert problem["code"] == "no_tier_yet"
    for code in ("outstanding", "average_arrears"):
        assert Decimal(await indicator(admin, customer, code) or "0") == 70, code


async def test_G2_what_cannot_be_owed_is_refused(admin: Caller) -> None:
    ref = new_code("M")
    backwards = await owe(admin, ref, "1.00", due=-61, status=422)
    assert backwards["code"] == "due_before_issued"
    nothing = await owe(admin, ref, "0.00", due=1, status=422)
    assert nothing["code"] == "amount_not_positive"
    order = await admin.place(ref, "10.00")
    others = await owe(admin, new_code("M"), "10.00", due=1, status=422, order=order["id"])
    assert others["code"] == "order_of_another_customer"
    unknown = {"payment_id": new_code("P"), "receivable": "nobody-knows", "amount": "1.00", "paid_at": now()}
    await admin.refused("/v1/payments", unknown, status=404, code="receivable_not_found")
