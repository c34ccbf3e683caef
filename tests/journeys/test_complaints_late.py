"""A case that nobody worked in time (C3): breached and escalated once, shown as overdue, and no longer once settled."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.caller import NUMBERS, Caller, ago, new_code


@pytest.fixture
async def customer(admin: Caller) -> str:
    """Somebody in gold, with a telephone number."""
    ref = new_code("L")
    facts = {
        "kind": "person",
        "names": [{"name": "Eve Adams"}],
        "phones": [{"number": f"+1 206 555 {next(NUMBERS):04}"}],
        "reference": {"source": "patron", "ref": ref},
    }
    file = await admin.post("/v1/customers", facts)
    await admin.place(ref, "2500.00", at=ago(days=90))
    await admin.settle()
    return str(file["id"])


async def file_three_weeks_ago(admin: Caller, customer: str) -> dict[str, Any]:
    body = {
        "customer": {"id": customer},
        "channel": "letter",
        "category": "delivery",
        "what_happened": "The letter lay in a drawer.",
        "filed_at": ago(days=21),
    }
    case: dict[str, Any] = await admin.post("/v1/complaints", body)
    return case


async def when_everything_has_fired(admin: Caller, case: dict[str, Any]) -> dict[str, Any]:
    """Three weeks are more than all deadlines and the whole ladder need, whatever holidays they hold."""
    async with asyncio.timeout(30):
        while True:
            case_now: dict[str, Any] = await admin.get(f"/v1/complaints/{case['id']}")
            if case_now["escalation_level"] == "sponsor" and all(
                deadline["breached_at"] for deadline in case_now["deadlines"]
            ):
                await admin.settle()
                return case_now
            await asyncio.sleep(0.05)


async def test_C3_what_nobody_worked_is_breached_and_escalated_level_by_level(admin: Caller, customer: str) -> None:
    case = await when_everything_has_fired(admin, await file_three_weeks_ago(admin, customer))
    assert {deadline["state"] for deadline in case["deadlines"]} == {"breached"}
    assert all(deadline["warned_at"] < deadline["breached_at"] == deadline["due_at"] for deadline in case["deadlines"])
    assert [escalation["escalation_level"] for escalation in case["escalations"]] == ["manager", "head", "sponsor"]
    overview = await admin.overview(customer)
    assert (overview["cases"]["open"], overview["cases"]["overdue"]) == (1, 1)
    file = await admin.get(f"/v1/customers/{customer}")
    [match] = (await admin.get("/v1/calls/pop", number=file["phones"][0]["e164"]))["matches"]
    assert ("deadline_overdue", "high") in [(alert["code"], alert["weight"]) for alert in match["alerts"]]
    assert match["advice"][0]["code"] == "apologise_and_date"
    listed = await admin.get("/v1/complaints", overdue="true", customer_id=customer)
    assert [listed_case["id"] for listed_case in listed["items"]] == [case["id"]]

    await asyncio.sleep(1)
    assert (await admin.get(f"/v1/complaints/{case['id']}"))["escalations"] == case["escalations"]


async def test_C3_done_late_stays_late_and_is_overdue_no_longer(admin: Caller, customer: str) -> None:
    case = await when_everything_has_fired(admin, await file_three_weeks_ago(admin, customer))
    path = f"/v1/complaints/{case['id']}"
    await admin.post(f"{path}/acknowledgement")
    await admin.post(f"{path}/judgement", {"valid": True, "reason": "A drawer."})
    await admin.post(f"{path}/proposals", {"text": "An apology.", "points": 5})
    await admin.settle()
    assert (await admin.overview(customer))["cases"]["overdue"] == 1, "the solution is owed still"
    await admin.post(f"{path}/acceptance", {"accepted": True})
    await admin.post(f"{path}/resolution")
    done = await admin.post(f"{path}/follow-up", {"satisfaction": 3})
    assert {deadline["state"] for deadline in done["deadlines"]} == {"breached"}, "met late stays breached"
    assert all(deadline["done_late_at"] for deadline in done["deadlines"])
    await admin.settle()
    cases = (await admin.overview(customer))["cases"]
    assert (cases["open"], cases["overdue"], cases["last_satisfaction"]) == (0, 0, 3)
    assert (await admin.get("/v1/complaints", overdue="true", customer_id=customer))["items"] == []


async def test_C3_told_after_the_fact_but_done_in_time_is_in_time(admin: Caller, customer: str) -> None:
    """Every step says when it happened, not when it was entered: all of it within the hour after the filing."""
    filed = datetime.now(UTC) - timedelta(minutes=50)
    body = {"customer": {"id": customer}, "channel": "call", "category": "price", "what_happened": "Twice charged."}
    case = await admin.post("/v1/complaints", body | {"filed_at": filed.isoformat(), "steps_follow": True})
    path = f"/v1/complaints/{case['id']}"
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("acknowledgement", {}),
        ("judgement", {"valid": True, "reason": "It was."}),
        ("proposals", {"text": "The money back.", "amount": "10.00"}),
        ("acceptance", {"accepted": True}),
        ("resolution", {}),
        ("follow-up", {"satisfaction": 4}),
    )
    for number, (name, body) in enumerate(steps, 1):
        done = await admin.post(f"{path}/{name}", body | {"at": (filed + timedelta(minutes=8 * number)).isoformat()})
    assert done["status"] == "closed"
    assert {deadline["state"] for deadline in done["deadlines"]} == {"met"}
    assert done["escalations"] == []
