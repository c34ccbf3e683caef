"""T10: schedules as a document over HTTP, what is due next and what ran; what makes no sense changes nothing."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.tiering_svc.schedules.domain.run_schedule import KINDS
from shared.messaging import Database, new_id
from tests.tiering_svc.rule_sets import OnlyRuleSet
from tests.tiering_svc.runs import Worker
from tests.tiering_svc.schedules.installed import ALL_OFF, install, list_all, put_schedules_in_force, request_due

SERVICE = "tiering"
NOW = datetime.now(UTC)
URL = "/v1/run-schedules"
MONTHLY = {"every": "monthly", "day": 1, "hour": 2, "minute": 0}


async def overview(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/v1/scheduled-runs/overview")
    assert answer.status_code == 200, answer.text
    whole = answer.json()
    return whole | {"by_kind": {kind["kind"]: kind for kind in whole["kinds"]}}


async def test_T10_what_is_shipped_is_in_force_and_counts_from_now(
    client: httpx.AsyncClient, database: Database
) -> None:
    await install(database, datetime.now(UTC))  # the hour may have changed since the database was made
    shown = await OnlyRuleSet(client, URL).show()
    assert (shown["version"], shown["status"]) == (1, "active")
    assert shown["document"]["review"] == {"recurrence": MONTHLY, "as_of": "end_of_previous_month", "apply": True}
    whole = await overview(client)
    assert (whole["schedule_version"], whole["time_zone"], whole["paused"]) == (1, "UTC", True)  # paused in tests
    assert list(whole["by_kind"]) == list(KINDS)
    at = datetime.fromisoformat(whole["at"])
    month = (at.replace(day=1) + timedelta(days=32)).replace(day=1, minute=0, second=0, microsecond=0)
    early = at.day == 1 and at.hour < 5  # then it is still this month's first
    for kind, hour in (("review", 2), ("lifetime_values", 3), ("assessment", 5)):
        next_due_at = datetime.fromisoformat(whole["by_kind"][kind]["next_due_at"])
        assert next_due_at == month.replace(hour=hour) or early
    for kind in whole["kinds"]:
        assert (kind["behind"], kind["behind_since"], kind["last"]) == (0, None, [])


async def test_T10_the_overview_says_what_ran_and_how_far_behind_a_kind_is(
    client: httpx.AsyncClient, database: Database
) -> None:
    await install(database, NOW - timedelta(days=100))
    before = (await overview(client))["by_kind"]
    assert before["review"]["behind"] in (3, 4)
    assert before["warning_sweep"]["behind"] == 1  # only the last is run
    await request_due(database)
    requested = (await overview(client))["by_kind"]["review"]
    assert (requested["behind"], requested["behind_since"]) == (
        before["review"]["behind"], before["review"]["behind_since"]
    )  # fmt: skip
    await Worker(database).to_the_end("review")
    review = (await overview(client))["by_kind"]["review"]
    assert (review["behind"], review["behind_since"]) == (0, None)
    assert len(review["last"]) == 3
    last = review["last"][0]
    assert (last["run"]["status"], last["result"], last["run"]["requested_by"]) == ("done", "applied", "schedule")
    assert last["due_at"] > last["as_of"] > review["last"][1]["due_at"]
    shown = await client.get(last["link"])
    assert (shown.status_code, shown.json()["as_of"]) == (200, last["as_of"])
    for kind in ("warning_sweep", "lifetime_values", "assessment"):
        link = (await overview(client))["by_kind"][kind]["last"][0]["link"]
        assert (await client.get(link)).status_code == 200, link


async def test_T10_scheduled_runs_are_listed_page_by_page(client: httpx.AsyncClient, database: Database) -> None:
    await install(database, NOW - timedelta(days=200))
    await request_due(database)
    runs = await list_all(database)
    listed: list[dict[str, Any]] = []
    cursor: str | None = None
    while cursor is not None or not listed:
        query = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/scheduled-runs", params=query)).json()
        listed, cursor = listed + page["items"], page["next"]
    assert [(run["kind"], datetime.fromisoformat(run["due_at"])) for run in listed] == [
        (run.kind, run.due_at) for run in reversed(runs)
    ]
    only = (await client.get("/v1/scheduled-runs", params={"kind": "review"})).json()["items"]
    assert {run["kind"] for run in only} == {"review"}
    assert len(only) == sum(run.kind == "review" for run in runs)


async def test_T10_a_new_version_is_approved_by_another_person_and_the_next_run_follows(
    client: httpx.AsyncClient, as_role: Any
) -> None:
    schedules = OnlyRuleSet(client, URL)
    document = (await schedules.show())["document"]
    document["review"]["recurrence"] = {"every": "quarterly", "month": 1, "day": 31, "hour": 23, "minute": 59}
    document["warning_sweep"]["recurrence"] = {"every": "off"}
    assert (await schedules.write(document, headers=as_role("admin", subject="a"))).status_code == 201
    own = await schedules.activate(2, headers=as_role("admin", subject="a"))
    assert (own.status_code, own.json()["code"]) == (403, "own_rule_set")
    assert (await overview(client))["schedule_version"] == 1
    assert (await schedules.activate(2, headers=as_role("head", subject="b"))).status_code == 200
    whole = await overview(client)
    due_at = datetime.fromisoformat(whole["by_kind"]["review"]["next_due_at"])
    assert (due_at.month % 3, due_at.hour, due_at.minute) == (1, 23, 59)
    assert (due_at + timedelta(days=1)).month == due_at.month + 1
    assert whole["by_kind"]["warning_sweep"]["next_due_at"] is None
    assert whole["schedule_version"] == 2


def changed(**more: Any) -> dict[str, Any]:
    """The document with everything off, and a kind set otherwise."""
    return deepcopy(ALL_OFF) | more


DAILY = {"every": "daily", "hour": 2, "minute": 0}


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (changed(review={"recurrence": DAILY, "as_of": "end_of_previous_month", "apply": True}),
         "as_of_not_for_this_recurrence", "/review/as_of"),
        (changed(warning_sweep={"recurrence": DAILY, "as_of": "end_of_previous_month"}),
         "as_of_not_for_this_recurrence", "/warning_sweep/as_of"),
        (changed(assessment={"recurrence": DAILY}), "recurrence_not_for_this_run", "/assessment/recurrence/every"),
        (changed(review={"recurrence": {"every": "hourly", "minute": 1}, "as_of": "due", "apply": True}),
         "recurrence_not_for_this_run", "/review/recurrence/every"),
        (changed(risk_sweep={"recurrence": {"every": "hourly", "minute": 60}}), "validation_failed",
         "/risk_sweep/recurrence/minute"),
        (changed(risk_sweep={"recurrence": {"every": "hourly", "minute": True}}), "validation_failed",
         "/risk_sweep/recurrence/minute"),
        (changed(risk_sweep={"recurrence": {"every": "yearly"}}), "validation_failed", "/risk_sweep/recurrence/every"),
        (changed(risk_sweep={"recurrence": {}}), "validation_failed", "/risk_sweep/recurrence/every"),
        (changed(assessment={"recurrence": {**MONTHLY, "day": 0}}), "validation_failed",
         "/assessment/recurrence/day"),
        (changed(assessment={"recurrence": {**MONTHLY, "day": 32}}), "validation_failed",
         "/assessment/recurrence/day"),
        (changed(assessment={"recurrence": {**MONTHLY, "month": 1}}), "not_of_this_kind",
         "/assessment/recurrence/month"),
        (changed(assessment={"recurrence": {"every": "off", "day": 1}}), "not_of_this_kind",
         "/assessment/recurrence/day"),
        (changed(assessment={"recurrence": {"every": "monthly", "hour": 1, "minute": 1}}), "missing",
         "/assessment/recurrence/day"),
        (changed(assessment={"recurrence": {**MONTHLY, "hour": None}}), "missing",
         "/assessment/recurrence/hour"),
        (changed(assessment={"recurrence": {**MONTHLY, "day": "last"}}), "validation_failed",
         "/assessment/recurrence/day"),
        (changed(review={"recurrence": MONTHLY, "as_of": "due", "apply": "yes"}), "validation_failed",
         "/review/apply"),
        (changed(review={"recurrence": MONTHLY, "as_of": "due"}), "validation_failed", "/review/apply"),
        (changed(review={"recurrence": MONTHLY, "as_of": "yesterday", "apply": True}), "validation_failed",
         "/review/as_of"),
        (changed(other=ALL_OFF["assessment"]), "validation_failed", "/other"),
        ({kind: ALL_OFF[kind] for kind in list(KINDS)[1:]}, "validation_failed", "/review"),
        ([], "validation_failed", ""),
        (None, "validation_failed", ""),
    ],
)  # fmt: skip
async def test_T10_bad_schedules_are_refused_at_the_field_and_change_nothing(
    client: httpx.AsyncClient, document: Any, code: str, pointer: str
) -> None:
    schedules = OnlyRuleSet(client, URL)
    before = await schedules.show()
    answer = await schedules.write(document)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (code, f"/document{pointer}")
    assert await schedules.show() == before


async def test_T10_every_recurrence_can_be_written_and_is_shown_as_written(
    client: httpx.AsyncClient, database: Database
) -> None:
    quarterly = {"every": "quarterly", "month": 3, "day": 31, "hour": 0, "minute": 15}
    weekly = {"every": "weekly", "weekday": "sunday", "hour": 23, "minute": 59}
    document = {
        "review": {"recurrence": quarterly, "as_of": "end_of_previous_month", "apply": False},
        "warning_sweep": {"recurrence": weekly, "as_of": "due"},
        "risk_sweep": {"recurrence": {"every": "hourly", "minute": 30}},
        "assessment": {"recurrence": MONTHLY | {"day": 31}},
        "lifetime_values": {"recurrence": DAILY, "as_of": "due"},
    }
    draft = await OnlyRuleSet(client, URL).write(document)
    assert (draft.status_code, draft.json()["document"]) == (201, document)
    await put_schedules_in_force(database, document)
    by_kind = (await overview(client))["by_kind"]
    shown_fields = {
        kind: {name: value for name, value in shown["recurrence"].items() if value is not None}
        for kind, shown in by_kind.items()
    }
    assert shown_fields == {
        kind: document[kind]["recurrence"]
        for kind in document  # type: ignore[index]
    }


async def test_T10_schedules_are_for_staff_and_the_operator(
    client: httpx.AsyncClient, as_role: Any, as_service: Any
) -> None:
    partner = as_role("partner", partner_id=new_id())
    for path in (URL, "/v1/scheduled-runs", "/v1/scheduled-runs/overview"):
        assert (await client.get(path, headers=partner)).status_code == 404
        assert (await client.get(path, headers=as_role("x", scopes=["points:read"]))).status_code == 403
    assert (await client.post(URL, json={"document": ALL_OFF}, headers=as_role("agent"))).status_code == 403
    for query in ({"kind": "x"}, {"cursor": "x"}, {"limit": 0}, {"unknown": 1}):
        answer = await client.get("/v1/scheduled-runs", params=query)  # type: ignore[arg-type]
        assert answer.status_code == 422, answer.text
    assert (await client.get("/internal/schedules", headers=as_role("head"))).status_code == 403
    shown = await client.get("/internal/schedules", headers=as_service())
    assert [kind["kind"] for kind in shown.json()["kinds"]] == list(KINDS)
