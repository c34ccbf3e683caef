"""The call centre (G4): who is ringing, what to say, and how many were answered within three rings."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.caller import Caller, ago, new_code
from tests.journeys.conftest import SignIn

NUMBER = "+1 206 555 0187"
RANG = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture
async def agent(sign_in: SignIn) -> Caller:
    return await sign_in("agent")


async def open_file(caller: Caller, number: str) -> str:
    facts = {
        "kind": "person",
        "names": [{"name": "Wang Fang", "language": "en"}, {"name": "王芳", "language": "zh-Hans"}],
        "sex": "female",
        "phones": [{"number": number, "kind": "mobile"}],
        "reference": {"source": "patron", "ref": new_code("T")},
    }
    return str((await caller.post("/v1/customers", facts))["id"])


async def pop(caller: Caller, number: str) -> dict[str, Any]:
    shown: dict[str, Any] = await caller.get("/v1/calls/pop", number=number)
    return shown


async def test_G4_a_ringing_number_tells_who_it_is_and_how_things_stand(admin: Caller, agent: Caller) -> None:
    customer = await open_file(agent, NUMBER)
    await admin.post("/v1/employees", {"employee_id": "e-7", "name": "Li Na", "phone_extension": "207"})
    await admin.post(f"/v1/customers/{customer}/team", {"employee_id": "e-7", "role": "account_manager"})
    order = {
        "order_id": new_code("O"),
        "customer": {"id": customer},
        "placed_at": ago(days=1),
        "currency": "USD",
        "channel": "web",
        "lines": [{"line": 1, "sku": "s", "category": "tea", "quantity": 1, "amount": "2500.00"}],
    }
    await admin.post("/v1/orders", order, status=202)
    case = {"customer": {"id": customer}, "channel": "call", "category": "price", "what_happened": "Charged twice."}
    await agent.post("/v1/complaints", case)
    owed = {"receivable_id": new_code("I"), "customer": {"id": customer}, "amount": "80.00"}
    await admin.post("/v1/receivables", owed | {"issued_on": "2026-01-10", "due_on": "2026-02-10"})
    await agent.settle()

    for number in (NUMBER, "2065550187", "(206) 555-0187", "0012065550187"[2:]):
        [match] = (await pop(agent, number))["matches"]
        assert match["customer"]["id"] == customer, number
    assert match["tier"]["tier"] == "gold"
    assert match["account_manager"]["name"] == match["agent"]["name"] == "Li Na"
    assert "Wang Fang" in match["greeting"]["en"]
    assert "王芳女士" in match["greeting"]["zh"]
    assert "gold" in match["greeting"]["en"]
    assert (match["open_cases"], match["points_balance"]) == (1, 3750)
    assert "payment_overdue" in [alert["code"] for alert in match["alerts"]]
    assert match["advice"][0]["code"] == "tell_progress"


async def test_G4_an_unknown_number_is_nobody_and_no_error(agent: Caller) -> None:
    assert (await pop(agent, "+44 20 7946 0018"))["matches"] == []
    assert (await pop(agent, "anonymous"))["matches"] == []


async def ring(agent: Caller, number: str, minutes: float, answered: float | None, ended: float) -> str:
    """A call that rang so many minutes after two hours ago, told in any order."""
    call, rang = new_code("call"), RANG + timedelta(minutes=minutes)
    times = {"ringing": 0.0, "ended": ended} | ({} if answered is None else {"answered": answered})
    for state, seconds in sorted(times.items()):
        event = {"call_id": call, "number": number, "state": state, "agent": "e-7"}
        report = event | {"at": (rang + timedelta(seconds=seconds)).isoformat()}
        first = await agent.post("/v1/call-events", report)
        assert await agent.post("/v1/call-events", report) == first, "told again, nothing changes"
    return call


async def test_G4_answered_within_three_rings_is_measured(agent: Caller, sign_in: SignIn) -> None:
    customer = await open_file(agent, "+1 206 555 0142")
    await ring(agent, "+12065550142", 1, answered=6, ended=60)
    await ring(agent, "+12065550142", 2, answered=15, ended=60)
    await ring(agent, "+12065550142", 3, answered=16, ended=60)
    await ring(agent, "+442079460018", 4, answered=None, ended=20)
    auditor = await sign_in("auditor")
    figures = await auditor.get(f"/v1/calls/statistics?from={RANG:%Y-%m-%dT%H:%M:%SZ}")
    counted = {name: figures[name] for name in ("calls", "answered", "answered_in_time", "missed", "ringing")}
    assert counted == {"calls": 4, "answered": 3, "answered_in_time": 2, "missed": 1, "ringing": 0}
    assert (figures["answered_in_time_percent"], figures["median_seconds"]) == (50.0, 15.0)
    assert figures["three_rings_seconds"] == 15

    state = {"call_id": new_code("call"), "number": "+12065550142", "state": "ringing", "at": RANG.isoformat()}
    call = await agent.post("/v1/call-events", state)
    assert call["customer_id"] == customer
    other_time = state | {"at": (RANG + timedelta(seconds=1)).isoformat()}
    await agent.refused("/v1/call-events", other_time, status=409, code="call_state_differs")
    early = state | {"state": "answered", "at": (RANG - timedelta(seconds=1)).isoformat()}
    await agent.refused("/v1/call-events", early, status=422, code="call_out_of_order")


async def test_G4_the_states_of_one_call_told_at_once_are_one_call(agent: Caller) -> None:
    call = new_code("call")
    reports = [
        {"call_id": call, "number": "+12065550199", "state": state, "at": (RANG + timedelta(seconds=s)).isoformat()}
        for state, s in (("ringing", 0), ("answered", 5), ("ended", 50))
    ]
    answers = await asyncio.gather(*(agent.send("POST", "/v1/call-events", json=event) for event in reports * 3))
    assert {answer.status_code for answer in answers} == {201}
    last = await agent.post("/v1/call-events", reports[0])
    assert (last["waited_seconds"], last["ended_at"] is not None) == (5.0, True)
