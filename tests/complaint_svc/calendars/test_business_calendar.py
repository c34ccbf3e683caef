"""The business calendar over HTTP: published, overridden, and counted by (C3)."""

from typing import Any

import pytest

from tests.complaint_svc.case_builders import SHIPPED
from tests.complaint_svc.case_requests import filed
from tests.complaint_svc.rule_requests import change_rules

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
    tuesday = {"from": "2026-03-03", "to": "2026-03-03"}
    document = SHIPPED["calendar-rules"]

    async def shown() -> Any:
        return (await client.get("/v1/business-calendar", params=tuesday)).json()["days"][0]

    answer = await client.post("/v1/calendar-rules", json={"document": document}, headers=as_role("agent"))
    assert answer.status_code == 403
    closed = {"day": "2026-03-03", "working": False, "note": "power cut"}
    await change_rules(client, as_role, "calendar-rules", special_days=[closed])
    assert ((await shown())["source"], (await shown())["note"]) == ("override", "power cut")
    case = await filed(client, filed_at="2026-03-02T16:00:00Z")
    assert case["deadlines"][0]["due_at"] == "2026-03-04T12:00:00Z"
    assert case["deadlines"][0]["calendar_rules_version"] == 2
    longer = {"day": "2026-03-03", "working": True, "hours": ["08:00-12:00", "13:00-20:00"]}
    await change_rules(client, as_role, "calendar-rules", special_days=[longer])
    assert (await shown())["hours"] == longer["hours"]
    case = await filed(client, filed_at="2026-03-02T16:00:00Z")
    assert case["deadlines"][0]["due_at"] == "2026-03-03T11:00:00Z"
    await change_rules(client, as_role, "calendar-rules")
    assert (await shown())["source"] == "week"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        (
            {"special_days": [{"day": "2026-03-03", "working": True, "hours": ["9-5"]}]},
            "/document/special_days/0/hours/0",
        ),
        (
            {"special_days": [{"day": "2026-03-03", "working": False, "hours": ["09:00-10:00"]}]},
            "/document/special_days/0/hours",
        ),
        ({"special_days": [{"day": "2026-03-03", "working": True}] * 2}, "/document/special_days/1/day"),
        ({"opening_hours": {"mon": ["09:00-12:00", "11:00-12:00"]}}, "/document/opening_hours/mon"),
        ({"opening_hours": {}}, "/document/opening_hours"),
        ({"holidays": "ATLANTIS"}, "/document/holidays"),
    ],
)
async def test_a_calendar_that_makes_no_sense_is_refused_where_it_makes_none(client, changes, pointer: str) -> None:
    document = SHIPPED["calendar-rules"] | changes
    answer = await client.post("/v1/calendar-rules", json={"document": document})
    assert answer.status_code == 422, answer.text
    assert pointer in answer.text
