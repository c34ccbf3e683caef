"""Complaints over HTTP: the four steps, who may, when it was, and what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.complaint_svc.subscriptions import subscriptions, timers
from shared.events import ComplaintClosed, ComplaintFiled, ComplaintResolved
from tests.complaint_svc.case_builders import CUSTOMER
from tests.complaint_svc.case_requests import STORY, filed, known_to

SERVICE = "complaint"

pytestmark = pytest.mark.usefixtures("sound")


async def step(client: httpx.AsyncClient, case: dict[str, Any], name: str, body: Any = None, **how: Any) -> Any:
    answer = await client.post(f"/v1/complaints/{case['id']}/{name}", json=body or {}, **how)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def refusal(client: httpx.AsyncClient, path: str, body: Any = None, **how: Any) -> tuple[int, str]:
    answer = await client.post(f"/v1/{path}", json=body or {}, **how)
    return answer.status_code, answer.json()["code"]


async def test_C1_a_case_keeps_all_that_was_written_and_shows_its_deadlines(client, known) -> None:
    case = await filed(client)
    got = (await client.get(f"/v1/complaints/{case['id']}")).json()
    assert got | {"deadlines": 0} == case | {"deadlines": 0}
    for name in ("what_happened", "bought_at", "usage", "request", "settlement_wish", "about", "contact"):
        assert got[name] == STORY[name]
    assert [d["stage"] for d in got["deadlines"]] == ["acknowledgement", "proposal", "solution"]
    assert {d["state"] for d in got["deadlines"]} == {"running"}
    assert got["deadlines"][0]["remaining_seconds"] <= got["deadlines"][0]["allowance_seconds"] == 4 * 3600
    assert (got["status"], got["next_steps"], got["escalation_level"]) == ("received", ["acknowledgement"], "agent")


async def test_C2_the_four_steps(client, known, announced, as_role) -> None:
    case = await filed(client)
    case = await step(client, case, "acknowledgement", headers=as_role("agent", subject="mei"))
    case = await step(client, case, "judgement", {"valid": True, "reason": "it is broken"})
    assert (case["valid"], case["next_steps"]) == (True, ["proposals"])
    case = await step(client, case, "proposals", {"text": "a new one and 300 points", "points": 300, "amount": "12.50"})
    assert (case["status"], case["waiting"]) == ("proposed", "answer")
    assert {d["stage"]: d["state"] for d in case["deadlines"]}["solution"] == "paused"
    case = await step(client, case, "acceptance", {"accepted": True, "proposal_id": case["proposals"][0]["id"]})
    case = await step(client, case, "resolution", {"note": "sent"})
    case = await step(client, case, "follow-up", {"satisfaction": 5, "comment": "thanks", "close": True})
    assert (case["status"], case["satisfaction"], case["next_steps"]) == ("closed", 5, ["reopening"])
    assert {d["state"] for d in case["deadlines"]} == {"met"}
    assert (case["steps"][1]["step"], case["steps"][1]["by"]) == ("acknowledgement", "mei")
    assert case["proposals"][0] | {"id": 0, "proposed_at": 0, "answered_at": 0} == {
        "id": 0, "round": 1, "text": "a new one and 300 points", "points": 300, "amount": "12.50", "proposed_at": 0,
        "answered_at": 0, "accepted": True, "proposed_by": "admin-1", "approved_by": None,
    }  # fmt: skip
    events = await announced()
    assert isinstance(events[0], ComplaintFiled)
    assert [e.key for e in events] == [str(CUSTOMER)] * 8
    assert [(e.points, e.amount) for e in events if isinstance(e, ComplaintResolved)] == [(300, Decimal("12.50"))]
    assert isinstance(events[-1], ComplaintClosed)
    everything = " ".join(e.model_dump_json() for e in events)
    assert not any(words in everything for words in ("李雷", "broken", "充电器", "example.com", "mei"))


async def test_C2_a_step_out_of_order_is_409_and_lists_the_legal_ones(client, known) -> None:
    case = await filed(client)
    answer = await client.post(f"/v1/complaints/{case['id']}/resolution", json={})
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["case_status"]) == ("step_out_of_order", "received")
    assert problem["next"] == ["acknowledgement"]
    case = await step(client, case, "acknowledgement")
    assert await refusal(client, f"complaints/{case['id']}/acknowledgement") == (409, "step_out_of_order")


async def test_C2_a_case_not_valid_is_told_closed_and_may_be_reopened(client, known) -> None:
    case = await filed(client)
    await step(client, case, "acknowledgement")
    case = await step(client, case, "judgement", {"valid": False, "reason": "bought elsewhere"})
    assert (case["status"], case["valid"], case["next_steps"]) == ("judged_invalid", False, ["follow-up"])
    case = await step(client, case, "follow-up", {"satisfaction": 2})
    assert case["status"] == "closed"
    case = await step(client, case, "reopening", {"reason": "here is the receipt"})
    assert (case["status"], case["round"], case["valid"], case["satisfaction"]) == ("received", 2, None, None)
    assert {d["state"] for d in case["deadlines"] if d["round"] == 2} == {"running"}
    assert {d["stage"]: d["state"] for d in case["deadlines"] if d["round"] == 1} == {
        "acknowledgement": "met", "proposal": "cancelled", "solution": "met",
    }  # fmt: skip


async def test_C3_a_pause_stops_the_clock_until_the_customer_answers(client, known) -> None:
    case = await filed(client)
    case = await step(client, case, "pause", {"note": "asked for a photo"})
    assert (case["waiting"], {d["state"] for d in case["deadlines"]}) == ("customer", {"paused"})
    assert await refusal(client, f"complaints/{case['id']}/pause") == (409, "already_paused")
    case = await step(client, case, "pause/end")
    assert (case["waiting"], {d["state"] for d in case["deadlines"]}) == (None, {"running"})
    assert await refusal(client, f"complaints/{case['id']}/pause/end") == (409, "not_paused")


async def test_an_unknown_customer_and_an_unknown_case_are_404(client, known) -> None:
    stranger = STORY | {"customer": {"id": str(uuid4())}}
    assert await refusal(client, "complaints", stranger) == (404, "customer_not_found")
    assert await refusal(client, f"complaints/{uuid4()}/acknowledgement") == (404, "complaint_not_found")
    assert await refusal(client, "complaints/nonsense/acknowledgement") == (404, "not_found")
    assert (await client.get(f"/v1/complaints/{uuid4()}")).status_code == 404


async def test_C1_a_case_of_nobody_is_keyed_by_itself_until_it_is_identified(client, known, announced) -> None:
    case = await filed(client, customer=None)
    case = await step(client, case, "identification", {"customer_id": str(CUSTOMER)})
    assert case["customer_id"] == str(CUSTOMER)
    await step(client, case, "acknowledgement")
    assert [e.key for e in await announced()] == [case["id"], str(CUSTOMER), str(CUSTOMER)]
    again = await step(client, case, "identification", {"customer_id": str(CUSTOMER)})
    assert len(again["steps"]) == 3


async def test_a_partner_sees_only_its_own_cases(client, known, as_role, database, deliver) -> None:
    partner_id = uuid4()
    await deliver(database, subscriptions, [known_to(partner_id)])
    own, theirs = as_role("partner", partner_id=partner_id), as_role("partner", partner_id=uuid4())
    answer = await client.post("/v1/complaints", json=STORY | {"channel": "partner"}, headers=own)
    case_id = answer.json()["id"]
    assert (await client.get(f"/v1/complaints/{case_id}", headers=own)).status_code == 200
    assert (await client.get(f"/v1/complaints/{case_id}", headers=theirs)).status_code == 404
    foreign = await refusal(client, f"complaints/{case_id}/acceptance", {"accepted": True}, headers=theirs)
    assert foreign == (404, "complaint_not_found")
    assert [c["id"] for c in (await client.get("/v1/complaints", headers=own)).json()["items"]] == [case_id]
    assert (await client.get("/v1/complaints", headers=theirs)).json()["items"] == []
    period = {"from": "2026-01-01T00:00:00Z", "to": "2036-01-01T00:00:00Z"}
    assert (await client.get("/v1/complaints/statistics", params=period, headers=theirs)).json()["cases"] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"filed_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, (422, "in_the_future")),
        ({"happened_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, (422, "in_the_future")),
        ({"kind": "rant"}, (422, "validation_failed")),
        ({"what_happened": ""}, (422, "validation_failed")),
        ({"what_happened": "a\x00b"}, (422, "invalid_text")),
        ({"customer": {"source": "x", "ref": "y"}}, (422, "validation_failed")),
        ({"colour": "red"}, (422, "validation_failed")),
    ],
)
async def test_what_can_not_be_filed(client, known, change: dict[str, Any], code: tuple[int, str]) -> None:
    assert await refusal(client, "complaints", STORY | change) == code


async def test_reporting_what_was_long_ago_needs_the_scope_history(client, known, as_role) -> None:
    long_ago = {"filed_at": "2026-01-05T10:00:00Z"}
    assert await refusal(client, "complaints", STORY | long_ago, headers=as_role("agent")) == (403, "history_needed")
    case = await filed(client, **long_ago)
    body = {"at": "2026-01-05T09:00:00Z"}
    assert await refusal(client, f"complaints/{case['id']}/acknowledgement", body) == (422, "before_last_step")
    assert await refusal(client, f"complaints/{case['id']}/acknowledgement", body, headers=as_role("agent")) == (
        403, "history_needed",
    )  # fmt: skip


async def test_C3_a_case_reported_after_the_fact_is_judged_by_the_instants_reported(
    client, known, database, announced
) -> None:
    """In time then is in time now, though today is far beyond; what was late then is breached at the instant it was."""
    # a Monday; 4 h to acknowledge, 16 to propose
    case = await filed(client, filed_at="2026-03-02T10:00:00Z", steps_follow=True)
    assert await timers.fire_due(database) == 0  # the grace: its story is still being reported
    case = await step(client, case, "acknowledgement", {"at": "2026-03-02T11:00:00Z"})
    await step(client, case, "judgement", {"valid": True, "reason": "yes", "at": "2026-03-02T12:00:00Z"})
    case = await step(client, case, "proposals", {"text": "sorry", "at": "2026-03-05T10:00:00Z"})
    proposal = case["deadlines"][1]
    assert (case["deadlines"][0]["state"], proposal["state"]) == ("met", "breached")
    assert proposal["breached_at"] == proposal["due_at"] == "2026-03-04T10:00:00Z"
    assert (proposal["warned_at"], proposal["done_late_at"]) == ("2026-03-03T14:48:00Z", "2026-03-05T10:00:00Z")
    assert [e["escalation_level"] for e in case["escalations"]] == ["manager", "head"]
    await step(client, case, "acceptance", {"accepted": True, "at": "2026-03-05T11:00:00Z"})
    await step(client, case, "resolution", {"at": "2026-03-05T12:00:00Z"})
    case = await step(client, case, "follow-up", {"satisfaction": 3, "at": "2026-03-06T12:00:00Z"})
    assert case["deadlines"][2]["state"] == "met"
    assert await timers.fire_due(database, until=datetime.now(UTC) + timedelta(days=1)) == 0


async def test_severity_changes_with_the_version_that_was_seen(client, known) -> None:
    case = await filed(client)
    path = f"/v1/complaints/{case['id']}"
    seen = (await client.get(path)).headers["ETag"]
    changed = await client.patch(path, json={"severity": "critical"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    assert changed.json()["deadlines"][0]["allowance_seconds"] == 3600
    late = await client.patch(path, json={"severity": "low"}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    milder = (await client.patch(path, json={"severity": "low"})).json()
    assert milder["deadlines"][0]["allowance_seconds"] == 3600


async def test_lists_by_age_by_urgency_and_by_what_is_overdue(client, known) -> None:
    ids = []
    for severity in ("low", "critical", "normal"):
        ids.append((await filed(client, severity=severity))["id"])
    old = await filed(client, filed_at="2026-03-02T10:00:00Z")
    await step(client, {"id": ids[0]}, "pause")

    async def listed(**query: Any) -> list[str]:
        listed_ids: list[str] = []
        page = {"next": None}
        while True:
            more = {"cursor": page["next"]} if page["next"] else {}
            page = (await client.get("/v1/complaints", params=query | {"limit": 2} | more)).json()
            listed_ids += [case["id"] for case in page["items"]]
            if page["next"] is None:
                return listed_ids

    assert await listed() == [old["id"], *reversed(ids)]
    assert await listed(sort="urgency") == [old["id"], ids[1], ids[2], ids[0]]
    assert await listed(overdue="true") == [old["id"]]
    assert await listed(overdue="false") == list(reversed(ids))
    assert await listed(customer_id=str(CUSTOMER), status="received") == [old["id"], *reversed(ids)]
    assert await listed(status="open", customer_id=str(uuid4())) == []
    assert (await client.get("/v1/complaints", params={"cursor": "nonsense"})).status_code == 422


async def test_statistics_count_kinds_states_and_promises_kept(client, known) -> None:
    case = await filed(client, filed_at="2026-03-02T10:00:00Z")
    await step(client, case, "acknowledgement", {"at": "2026-03-02T11:00:00Z"})
    late = await filed(client, filed_at="2026-03-02T10:00:00Z", kind="praise")
    await step(client, late, "acknowledgement", {"at": "2026-03-12T11:00:00Z"})
    period = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}
    counted = (await client.get("/v1/complaints/statistics", params=period)).json()
    assert (counted["cases"], counted["by_kind"], counted["by_status"]) == (
        2, {"complaint": 1, "praise": 1}, {"acknowledged": 2},
    )  # fmt: skip
    assert (counted["met"]["acknowledgement"], counted["breached"]["acknowledgement"]) == (1, 1)
    assert counted["on_time_rate"] == "0.5000"
    backwards = {"from": period["to"], "to": period["from"]}
    assert (await client.get("/v1/complaints/statistics", params=backwards)).status_code == 422


async def test_K7_the_same_filing_many_times_at_once_is_one_case(client, known, announced) -> None:
    how = {"json": STORY, "headers": {"Idempotency-Key": "letter-17"}}
    answers = await asyncio.gather(*(client.post("/v1/complaints", **how) for _ in range(12)))
    assert len({answer.content for answer in answers}) == 1
    assert len(await announced()) == 1
    other = await client.post("/v1/complaints", json=STORY | {"severity": "high"}, headers=how["headers"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
