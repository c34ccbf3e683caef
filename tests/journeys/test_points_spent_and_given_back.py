"""Earning, spending, returns and debts: the golden cases K4, K6, K9 and K10, as callers live through them."""

import asyncio
import json
from typing import Any

import pytest

from tests.journeys.caller import Caller, a_line, ago, an_order, new_code, now
from tests.journeys.conftest import SignIn


@pytest.fixture
async def customer(admin: Caller) -> str:
    """Somebody with a hundred points, earned by one order of a hundred."""
    order = await admin.place(new_code("P"), "100.00")
    await admin.settle()
    return str(order["customer_id"])


async def spend(caller: Caller, customer: str, points: int, **how: Any) -> dict[str, Any]:
    entry: dict[str, Any] = await caller.post(f"/v1/customers/{customer}/points/redemptions", {"points": points}, **how)
    return entry


async def give_back(caller: Caller, entry: dict[str, Any], customer: str, **how: Any) -> dict[str, Any]:
    path = f"/v1/customers/{customer}/points/redemptions/{entry['id']}/reversal"
    answer: dict[str, Any] = await caller.post(path, **how)
    return answer


async def lots(caller: Caller, customer: str) -> list[dict[str, Any]]:
    page = await caller.get(f"/v1/customers/{customer}/points/lots")
    return list(page["items"])


async def test_K4_a_return_takes_back_its_own_line_with_its_own_bonus(admin: Caller, sign_in: SignIn) -> None:
    programme = {
        "base_rate": "1",
        "tiers": {"gold": "1.5"},
        "bonuses": {"k4-a": 10, "k4-b": 20},
        "lifetime_months": 24,
    }
    written = await admin.post("/v1/programmes", {"document": programme})
    # a programme has a day's notice; a third person goes without it, and orders are placed after that
    approver, head = await sign_in("head", subject="hanna"), await sign_in("head", subject="hugo")
    version = {"version": written["version"]}
    await approver.post(f"/v1/programmes/{written['id']}/approval", version, status=200)
    await head.post(f"/v1/programmes/{written['id']}/activation", version | {"emergency": True}, status=200)
    lines = [a_line(1, "10.00", category="k4-a"), a_line(2, "10.00", category="k4-b"), a_line(3, "20.00")]
    order = await admin.post("/v1/orders", an_order(new_code("P"), lines, at=now()), status=202)
    await admin.settle()
    assert await admin.points(order["customer_id"]) == (70, 0)

    await admin.take_back(order, (3, 1))
    await admin.settle()
    assert await admin.points(order["customer_id"]) == (50, 0), "−20, not −35"
    await admin.take_back(order, (2, 1))
    await admin.settle()
    assert await admin.points(order["customer_id"]) == (20, 0), "the bonus of its line goes with it"


async def test_K6_a_hundred_orders_returned_piece_by_piece_leave_nothing(admin: Caller) -> None:
    """Odd amounts in odd pieces; the customer rises to silver on the way, and is corrected on the way back."""
    ref = new_code("P")
    bodies = [an_order(ref, [a_line(1, "9.99", quantity=3)], at=ago(hours=200 - n)) for n in range(100)]
    answer = await admin.send(
        "POST",
        "/v1/orders:batch",
        content="\n".join(map(json.dumps, bodies)),
        headers={"Content-Type": "application/x-ndjson"},
    )
    orders = [json.loads(line) for line in answer.text.splitlines()]
    assert [order["status"] for order in orders] == [202] * 100
    [customer] = {order["customer_id"] for order in orders}
    await admin.settle()
    assert await admin.tier(customer) == "silver"

    for pieces in (1, 2):
        await asyncio.gather(*(admin.take_back(order, (1, pieces)) for order in orders))
    await admin.settle()
    assert await admin.points(customer) == (0, 0)
    assert await admin.tier(customer) == "basic"
    overview = await admin.overview(customer)
    assert (overview["orders"]["count"], overview["orders"]["returns"]) == (100, 200)
    assert (overview["orders"]["ordered"], overview["orders"]["revenue"]) == ("999.00", "0.00")


async def test_K9_what_was_spent_before_the_return_is_a_debt_that_later_earning_pays_first(admin: Caller) -> None:
    ref = new_code("P")
    order = await admin.place(ref, "100.00")
    customer = order["customer_id"]
    await admin.settle()
    await spend(admin, customer, 80)
    await admin.take_back(order)
    await admin.settle()
    assert await admin.points(customer) == (0, 80), "20 were there to take; never below zero"
    problem = await spend(admin, customer, 1, status=409)
    assert problem["code"] == "not_enough_points"

    await admin.place(ref, "50.00")
    await admin.settle()
    assert await admin.points(customer) == (0, 30)
    await admin.place(ref, "100.00")
    await admin.settle()
    assert await admin.points(customer) == (70, 0)

    entries = (await admin.get(f"/v1/customers/{customer}/points/entries"))["items"]
    entries_in_order = [
        (entry["kind"], entry["points"], entry["balance"], entry["debt"]) for entry in reversed(entries)
    ]
    assert entries_in_order == [
        ("earn", 100, 100, 0),
        ("redeem", -80, 20, 0),
        ("reverse", -100, 0, 80),
        ("earn", 50, 0, 30),
        ("earn", 100, 70, 0),
    ]


async def test_K10_points_given_back_return_to_their_lots_with_the_old_expiry(admin: Caller) -> None:
    ref = new_code("P")
    customer = (await admin.place(ref, "100.00", at=ago(days=700)))["customer_id"]
    await admin.place(ref, "100.00", at=ago(days=2))
    await admin.settle()
    before = await lots(admin, customer)
    assert [lot["remaining"] for lot in before] == [100, 100]

    entry = await spend(admin, customer, 150)
    left = [(lot["id"], lot["remaining"]) for lot in await lots(admin, customer)]
    assert left == [(before[1]["id"], 50)], "the first to expire is used first"
    await give_back(admin, entry, customer)
    assert await lots(admin, customer) == before
    await give_back(admin, entry, customer, status=409)
    await admin.settle()
    assert await admin.points(customer) == (200, 0)


async def test_K10_given_back_to_somebody_in_debt_they_pay_it_first(admin: Caller) -> None:
    """Spent, returned, then what was spent is cancelled: nothing is owed, and nothing was won by it."""
    order = await admin.place(new_code("P"), "100.00")
    customer = order["customer_id"]
    await admin.settle()
    entry = await spend(admin, customer, 80)
    await admin.take_back(order)
    await admin.settle()
    assert await admin.points(customer) == (0, 80)
    await give_back(admin, entry, customer)
    await admin.settle()
    assert await admin.points(customer) == (0, 0)


async def test_K5_six_holds_at_once_on_points_for_five(admin: Caller, customer: str) -> None:
    await admin.post(f"/v1/customers/{customer}/points/adjustments", {"points": 400, "reason": "a gift"})
    path = f"/v1/customers/{customer}/points/holds"
    answers = await asyncio.gather(*(admin.send("POST", path, json={"points": 100}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409]
    await admin.settle()
    shown = (await admin.overview(customer))["points"]
    assert shown == {"balance": 0, "held": 500, "debt": 0}

    holds = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    await admin.post(f"/v1/holds/{holds[0]}/capture", {"points": 30})
    for hold in holds[1:]:
        await admin.post(f"/v1/holds/{hold}/release")
    await admin.refused(f"/v1/holds/{holds[0]}/release", status=409, code="hold_not_open")
    await admin.settle()
    assert await admin.points(customer) == (470, 0)
