"""The business calendar over HTTP: published, overridden, and counted by (C3)."""

import pytest

from tests.complaint_svc.case_requests import filed

SERVICE = "complaint"

pytestmark = pytest.mark.usefixtures("sound")


async def test_K12_the_published_make_up_saturday_is_worked_and_what_is_not_published_says_so(client) -> None:
    days = {"from": "2026-02-14", "to": "2026-02-16"}
    calendar = (await client.get("/v1/business-calendar", params=days)).json()
    assert calendar["published_through"] >= 2026
    assert [(d["day"], d["working"], d["source"]) for d in calendar["days"]] == [
        ("2026-02-14", True, "published"), ("2026-02-15", False, "week"), ("2026-02-16", False, "published"),
    ]  # fmt: skip
    beyond = calendar["published_through"] + 1
    days = {"from": f"{beyond}-03-01", "to": f"{beyond}-03-01"}
    assert [d["published"] for d in (await client.get("/v1/business-calendar", params=days)).json()["days"]] == [False]


async def test_an_operator_says_what_a_day_is_like_and_deadlines_count_by_it(client, known, as_role) -> None:
    path = "/v1/business-calendar/days/2026-03-03"  # a Tuesday
    override = {"working": False, "note": "power cut"}
    assert (await client.put(path, json=override, headers=as_role("agent"))).status_code == 403
    assert (await client.put(path, json=override)).json()["source"] == "override"
    case = await filed(client, filed_at="2026-03-02T16:00:00Z")
    assert case["deadlines"][0]["due_at"] == "2026-03-04T12:00:00Z"
    longer = {"working": True, "hours": ["08:00-12:00", "13:00-20:00"]}
    assert (await client.put(path, json=longer)).json()["hours"] == longer["hours"]
    case = await filed(client, filed_at="2026-03-02T16:00:00Z")
    assert case["deadlines"][0]["due_at"] == "2026-03-03T11:00:00Z"
    assert (await client.put(path, json={"working": True, "hours": ["9-5"]})).status_code == 422
    assert (await client.put(path, json={"working": False, "hours": ["09:00-10:00"]})).status_code == 422
    assert (await client.delete(path)).json()["source"] == "week"
    assert (await client.delete(path)).status_code == 404
