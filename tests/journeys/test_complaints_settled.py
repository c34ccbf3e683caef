"""A complaint from filing to closing and again: deadlines that only get better (K11), points granted once (L2)."""

from datetime import datetime
from typing import Any

import pytest

from tests.journeys.caller import Caller, ago, instant, new_code
from tests.journeys.conftest import SignIn


@pytest.fixture
async def customer(admin: Caller) -> str:
    order = await admin.place(new_code("C"), "100.00", at=ago(days=2))
    await admin.settle()
    return str(order["customer_id"])


async def file_for(caller: Caller, customer: str | None) -> dict[str, Any]:
    body = {
        "customer": None if customer is None else {"id": customer},
        "channel": "call",
        "category": "delivery",
        "what_happened": "It came late, and the box was open.",
        "request": "A new one, and soon.",
    }
    case: dict[str, Any] = await caller.post("/v1/complaints", body)
    return case


async def step(caller: Caller, case: dict[str, Any], name: str, status: int = 201, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await caller.post(f"/v1/complaints/{case['id']}/{name}", body, status=status)
    return answer


async def settle_with(caller: Caller, case: dict[str, Any], points: int) -> dict[str, Any]:
    """From listening to what was agreed being carried out."""
    await step(caller, case, "acknowledgement")
    await step(caller, case, "judgement", valid=True, reason="The carrier says so too.")
    await step(caller, case, "proposals", text="Points for the trouble.", points=points)
    await step(caller, case, "acceptance", accepted=True)
    return await step(caller, case, "resolution")


def due(case: dict[str, Any]) -> dict[str, datetime]:
    return {deadline["stage"]: instant(deadline["due_at"]) for deadline in case["deadlines"]}


async def test_K11_a_rise_betters_the_deadlines_of_an_open_case_and_its_correction_keeps_them(
    admin: Caller, customer: str
) -> None:
    case = await file_for(admin, customer)
    basic = due(case)
    big = await admin.post("/v1/orders", _order_of(customer, "3000.00"), status=202)
    await admin.settle()
    assert await admin.tier(customer) == "gold"
    as_gold = await admin.get(f"/v1/complaints/{case['id']}")
    assert all(due(as_gold)[stage] < at for stage, at in basic.items()), "gold has half the time"

    await admin.take_back(big)
    await admin.settle()
    assert await admin.tier(customer) == "basic"
    corrected = await admin.get(f"/v1/complaints/{case['id']}")
    assert due(corrected) == due(as_gold), "what was promised is kept"

    again = await file_for(admin, customer)
    assert due(again)["solution"] > due(as_gold)["solution"], "a new case has the time of the tier it was filed in"


def _order_of(customer: str, amount: str) -> dict[str, Any]:
    line = {"line": 1, "sku": "sku-1", "category": "tea", "quantity": 1, "amount": amount}
    return {
        "order_id": new_code("O"),
        "customer": {"id": customer},
        "placed_at": ago(minutes=1),
        "currency": "USD",
        "channel": "web",
        "lines": [line],
    }


async def test_C2_a_settlement_grants_its_points_once_through_closing_and_reopening(
    admin: Caller, sign_in: SignIn, customer: str
) -> None:
    agent = await sign_in("agent")
    case = await file_for(agent, customer)
    await agent.settle()
    cases = (await agent.overview(customer))["cases"]
    assert (cases["open"], cases["overdue"], cases["last_satisfaction"]) == (1, 0, None)

    resolved = await settle_with(agent, case, points=200)
    assert resolved["status"] == "resolved"
    await step(agent, case, "resolution", status=409)
    await agent.settle()
    assert await agent.points(customer) == (300, 0)
    grants = [entry for entry in await _entries(agent, customer) if entry["kind"] == "grant"]
    assert [(entry["points"], entry["case_id"]) for entry in grants] == [(200, case["id"])]

    closed = await step(agent, case, "follow-up", satisfaction=2, comment="Hm.", close=True)
    assert (closed["status"], closed["satisfaction"]) == ("closed", 2)
    await agent.settle()
    cases = (await agent.overview(customer))["cases"]
    assert (cases["open"], cases["last_satisfaction"]) == (0, 2)

    reopened = await step(agent, case, "reopening", reason="The new one is broken as well.")
    assert (reopened["status"], reopened["round"]) == ("received", 2)
    await agent.settle()
    assert (await agent.overview(customer))["cases"]["open"] == 1
    assert await agent.points(customer) == (300, 0), "to open a case again grants nothing"

    await settle_with(agent, case, points=50)
    await step(agent, case, "follow-up", satisfaction=5, close=True)
    await agent.settle()
    assert await agent.points(customer) == (350, 0), "a second settlement is its own"
    cases = (await agent.overview(customer))["cases"]
    assert (cases["open"], cases["last_satisfaction"]) == (0, 5)
    case_now = await agent.get(f"/v1/complaints/{case['id']}")
    assert [step["step"] for step in case_now["steps"]].count("resolution") == 2
    listed = await agent.get("/v1/complaints", customer_id=customer, status="closed")
    assert [listed_case["id"] for listed_case in listed["items"]] == [case["id"]]


async def _entries(caller: Caller, customer: str) -> list[dict[str, Any]]:
    return list((await caller.get(f"/v1/customers/{customer}/points/entries"))["items"])


async def test_C5_more_than_an_agent_may_grant_takes_somebody_who_may(sign_in: SignIn, customer: str) -> None:
    agent, manager = await sign_in("agent"), await sign_in("manager")
    case = await file_for(agent, customer)
    await step(agent, case, "acknowledgement")
    await step(agent, case, "judgement", valid=True, reason="Our fault.")
    waiting = await step(agent, case, "proposals", status=202, text="Much.", points=501)
    [approval] = waiting["approvals"]
    assert (approval["state"], approval["limits_reached"], waiting["proposals"]) == (
        "pending",
        ["case", "customer"],
        [],
    )
    own = await step(agent, case, f"proposals/{approval['id']}/approval", status=403)
    assert own["code"] == "own_approval"
    await step(manager, case, f"proposals/{approval['id']}/approval")
    await step(agent, case, "acceptance", accepted=True)
    await step(agent, case, "resolution")
    await agent.settle()
    assert await agent.points(customer) == (601, 0)


async def test_C2_no_step_is_skipped(admin: Caller, customer: str) -> None:
    case = await file_for(admin, customer)
    for name, body in (
        ("judgement", {"valid": True, "reason": "Too early."}),
        ("proposals", {"text": "Too early."}),
        ("acceptance", {"accepted": True}),
        ("resolution", {}),
        ("follow-up", {"satisfaction": 5}),
        ("reopening", {"reason": "It is not closed."}),
    ):
        await step(admin, case, name, status=409, **body)
    assert (await admin.get(f"/v1/complaints/{case['id']}"))["next_steps"] == ["acknowledgement"]


async def test_C1_a_case_of_nobody_known_is_linked_and_shown_where_it_belongs(admin: Caller, customer: str) -> None:
    case = await file_for(admin, None)
    await admin.settle()
    assert (await admin.overview(customer))["cases"]["open"] == 0
    await step(admin, case, "identification", customer_id=customer)
    await admin.settle()
    assert (await admin.overview(customer))["cases"]["open"] == 1
    await settle_with(admin, case, points=10)
    await admin.settle()
    assert await admin.points(customer) == (110, 0)
