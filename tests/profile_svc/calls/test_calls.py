"""G4 over HTTP: call events, the pop, and how quickly calls were answered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.profile_svc.subscriptions import subscriptions
from shared.events import ComplaintFiled, DeadlineBreached, PointsPosted, TierChanged
from tests.tier_tails import row_changed

SERVICE = "profile"
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


async def opened(client, *numbers: str, names=("单雄信", "Shan Xiongxin")) -> str:
    phones = [{"number": number} for number in numbers]
    body = {"kind": "person", "names": [{"name": name} for name in names], "sex": "male", "phones": phones}
    answer = await client.post("/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def popped(client, number: str) -> list[dict]:
    answer = await client.get("/v1/calls/pop", params={"number": number})
    assert answer.status_code == 200, answer.text
    return answer.json()["matches"]


def tier(id: str, name: str, rank: int) -> TierChanged:
    return row_changed(UUID(id), UUID(int=rank + 1), name, rank, NOW, kind="first")


@pytest.mark.parametrize("number", ["+8613800138000", "13800138000", "8613800138000", "138-0013-8000", "0013800138000"])
async def test_G4_pop_finds_a_number_however_the_exchange_spells_it(client, number):
    id = await opened(client, "+86 138 0013 8000")
    assert [match["customer"]["id"] for match in await popped(client, number)] == [id]


async def test_G4_pop_takes_a_plus_that_became_a_space(client):
    id = await opened(client, "+86 138 0013 8000")
    answer = await client.get("/v1/calls/pop?number=+8613800138000")
    assert [match["customer"]["id"] for match in answer.json()["matches"]] == [id]


@pytest.mark.parametrize("number", ["+12125550123", "anonymous", "0", "sip:somebody", "1234567"])
async def test_G4_pop_an_unknown_number_has_no_matches(client, number):
    await opened(client, "+86 138 0013 8000")
    assert await popped(client, number) == []


async def test_G4_pop_an_exact_number_hides_those_that_only_end_alike(client):
    shanghai = await opened(client, "021-62345678")
    beijing = await opened(client, "010-62345678")
    assert [(m["customer"]["id"], m["exact"]) for m in await popped(client, "021-62345678")] == [(shanghai, True)]
    alike = await popped(client, "62345678")
    assert {(m["customer"]["id"], m["exact"]) for m in alike} == {(shanghai, False), (beijing, False)}


async def test_G4_pop_shows_what_the_agent_needs(client, database, deliver):
    id = await opened(client, "13800138000")
    await client.post("/v1/employees", json={"employee_id": "E-1", "name": "Wang Fang", "phone_extension": "101"})
    await client.post("/v1/employees", json={"employee_id": "E-2", "name": "Zhao Min", "phone_extension": "102"})
    await client.post(f"/v1/customers/{id}/team", json={"employee_id": "E-2", "role": "inside_sales"})
    sales_only = (await popped(client, "13800138000"))[0]
    assert (sales_only["account_manager"], sales_only["agent"]["employee_id"]) == (None, "E-2")
    await client.post(f"/v1/customers/{id}/team", json={"employee_id": "E-1", "role": "account_manager"})
    case = {"subject_id": UUID(id), "case_id": UUID(int=5), "customer_id": UUID(id)}
    await deliver(
        database,
        subscriptions,
        [
            tier(id, "gold", 2),
            ComplaintFiled(**case, kind="complaint", severity="high", channel="call", category="x", filed_at=NOW),
            DeadlineBreached(**case, stage="proposal", due_at=NOW, breached_at=NOW + timedelta(minutes=5)),
            PointsPosted(
                customer_id=UUID(id),
                entry_id=UUID(int=8),
                kind="reverse",
                points=-9,
                balance=0,
                held=0,
                debt=9,
                posted_at=NOW,
            ),
        ],
    )
    match = (await popped(client, "13800138000"))[0]
    assert match["customer"]["name"] == "单雄信"
    assert match["tier"]["tier"] == "gold"
    assert match["account_manager"]["phone_extension"] == "101"
    assert (match["agent"]["employee_id"], match["agent_role"]) == ("E-1", "account_manager")
    assert "Shan Xiongxin" in match["greeting"]["en"]
    assert match["greeting"]["zh"].startswith("单雄信先生，")
    assert match["open_cases"] == 1
    assert [alert["code"] for alert in match["alerts"]] == ["deadline_overdue", "points_debt"]
    assert match["advice"][0]["code"] == "apologise_and_date"


async def test_G4_pop_the_highest_tier_comes_first(client, database, deliver):
    small, large = await opened(client, "13800138000"), await opened(client, "13800138000")
    await deliver(database, subscriptions, [tier(small, "iron", 0), tier(large, "platinum", 3)])
    assert [match["customer"]["id"] for match in await popped(client, "13800138000")] == [large, small]


def event(state: str, seconds: float, call: str = "C-1", **more) -> dict:
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    return {"call_id": call, "number": "13800138000", "state": state, "at": at, **more}


async def test_G4_a_call_event_is_kept_once_however_often_it_comes(client, database):
    id = await opened(client, "13800138000")
    for body in (event("answered", 12, agent="A-2"), event("ringing", 0, agent="A-1"), event("ended", 99)) * 2:
        answer = await client.post("/v1/call-events", json=body)
        assert answer.status_code == 201, answer.text
    call = answer.json()
    assert (call["number"], call["customer_id"], call["agent"]) == ("+8613800138000", id, "A-2")
    assert call["waited_seconds"] == 12
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from call")) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (event("ringing", 1), 409, "call_state_differs"),
        (event("ringing", 0) | {"number": "+12125550123"}, 409, "call_number_differs"),
        (event("answered", -1), 422, "call_out_of_order"),
        (event("answered", 7200), 422, "in_the_future"),
        (event("held", 1), 422, "validation_failed"),
        (event("answered", 1) | {"at": "now"}, 422, "validation_failed"),
        (event("answered", 1) | {"number": ""}, 422, "validation_failed"),
        (event("answered", 1) | {"extra": 1}, 422, "validation_failed"),
    ],
)
async def test_G4_a_call_event_that_cannot_be_is_refused(client, database, body, status, code):
    await client.post("/v1/call-events", json=event("ringing", 0))
    answer = await client.post("/v1/call-events", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await database.run(lambda tx: tx.raw.fetchval("select answered_at from call")) is None


async def test_G4_a_call_of_long_ago_needs_the_scope_history(client, database, as_role):
    plain, allowed = (as_role("agent", scopes=["customers:write", *more]) for more in ([], ["history"]))
    for at in ("1800-01-01T00:00:00Z", (NOW - timedelta(days=14)).isoformat()):
        refused = await client.post("/v1/call-events", json=event("ringing", 0) | {"at": at}, headers=plain)
        assert (refused.status_code, refused.json()["code"]) == (403, "history_needed")
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from call")) == 0
    late = event("ringing", 0) | {"at": (NOW - timedelta(days=13)).isoformat()}
    assert (await client.post("/v1/call-events", json=late, headers=plain)).status_code == 201
    old = event("ringing", 0, "C-2") | {"at": "2020-01-01T00:00:00Z"}
    assert (await client.post("/v1/call-events", json=old, headers=allowed)).status_code == 201


async def test_G4_answered_within_three_rings_is_measured(client):
    for call, waited in (("C-1", 4), ("C-2", 15), ("C-3", 16), ("C-4", None)):
        await client.post("/v1/call-events", json=event("ringing", 0, call))
        if waited is not None:
            await client.post("/v1/call-events", json=event("answered", waited, call))
        else:
            await client.post("/v1/call-events", json=event("ended", 40, call))
    seen = (await client.get("/v1/calls/statistics")).json()
    assert {name: seen[name] for name in ("calls", "answered", "answered_in_time", "missed", "ringing")} == {
        "calls": 4,
        "answered": 3,
        "answered_in_time": 2,
        "missed": 1,
        "ringing": 0,
    }
    assert seen["answered_in_time_percent"] == 50.0
    assert seen["median_seconds"] == 15
    before = {"from": (NOW - timedelta(days=2)).isoformat(), "to": (NOW - timedelta(days=1)).isoformat()}
    earlier = (await client.get("/v1/calls/statistics", params=before)).json()
    assert (earlier["calls"], earlier["answered_in_time_percent"]) == (0, None)
