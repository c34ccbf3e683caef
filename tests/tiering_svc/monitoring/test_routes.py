"""Early warnings in the database and over HTTP (T12): raised once, worked on by people, closed when it is over."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.monitoring.domain.class_defaults import DEFAULT_CLASS_RULES
from services.tiering_svc.monitoring.domain.defaults import DEFAULT_WARNING_RULES
from services.tiering_svc.monitoring.handlers import sweeps as warning_runs
from services.tiering_svc.monitoring.handlers.sweeps import request_due_sweeps
from services.tiering_svc.subscriptions import subscriptions
from shared.events import WarningClosed, WarningEscalated, WarningRaised
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
ANN, BOB = UUID(int=1), UUID(int=2)
SILENT = next(rule for rule in DEFAULT_WARNING_RULES if rule.document["kind"] == "silent")


def day(number: int) -> datetime:
    """Days of a past year, so that nothing is in the future."""
    return datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


async def finish(database) -> None:
    await to_the_end(database, "warning_sweep")


async def swept(client, database, as_of: datetime) -> dict[str, Any]:
    answer = await client.post("/v1/warnings/runs", json={"as_of": as_of.isoformat()})
    assert answer.status_code == 202, answer.text
    await finish(database)
    run = (await client.get(f"/v1/warnings/runs/{answer.json()['id']}")).json()
    assert run["finished_at"] is not None
    return run


async def listed(client, **wanted: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/warnings", params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def weekly(database, customer: UUID = ANN, weeks: int = 10, first: int = 0) -> None:
    await deliver(database, *(placed(customer, day(first + 7 * week), "60") for week in range(weeks)))


async def test_T12_silence_is_raised_once_worsens_in_place_and_closes_when_it_orders_again(client, database, announced):
    await weekly(database)  # days 0 to 63
    assert (await swept(client, database, day(70)))["outcomes"].get("raised") is None
    run = await swept(client, database, day(63 + 22))
    assert run["outcomes"]["raised"] == 1
    [warning] = await listed(client, cause="silent")
    assert (warning["severity"], warning["state"], warning["customer_id"]) == ("yellow", "open", str(ANN))
    assert (warning["evidence"]["silent_days"], warning["evidence"]["cycle_days"]) == (22, "7")
    assert "No order for 22 days" in warning["words"]["en"]
    assert "22天" in warning["words"]["zh"]
    assert warning["rule"]["id"] == str(SILENT.rule_id)
    await swept(client, database, day(63 + 24))
    assert [lasting["id"] for lasting in await listed(client, cause="silent")] == [warning["id"]]
    await swept(client, database, day(63 + 43))
    [worse] = await listed(client, cause="silent")
    assert (worse["id"], worse["severity"], worse["evidence"]["silent_days"]) == (warning["id"], "red", 43)
    await deliver(database, placed(ANN, day(63 + 44), "60"))
    await swept(client, database, day(63 + 45))
    whole = (await client.get(f"/v1/warnings/{warning['id']}")).json()
    assert (whole["state"], whole["closed_by"], whole["closing"], whole["lasting"]) == (
        "closed", "patron", "cause_gone", False,
    )  # fmt: skip
    assert [(change["kind"], change["by"]) for change in whole["changes"]] == [
        ("raised", "patron"), ("escalated", "patron"), ("closed", "patron"),
    ]  # fmt: skip
    assert whole["changes"][-1]["evidence"]["silent_days"] == 1
    assert "No order for 1 day, since" in whole["changes"][-1]["words"]["en"]
    events = [
        event for event in await announced() if isinstance(event, WarningRaised | WarningEscalated | WarningClosed)
    ]
    silent = [type(event) for event in events if event.cause == "silent"]
    assert silent == [WarningRaised, WarningEscalated, WarningClosed]
    await swept(
        client, database, day(63 + 44 + 70)
    )  # more than six times its cycle, so it is raised however unlikely a loss
    again = await listed(client, cause="silent", state="open")
    assert len(again) == 1
    assert again[0]["id"] != warning["id"]


async def test_T12_people_acknowledge_work_and_close_in_that_order(client, database, as_role):
    await weekly(database)
    await swept(client, database, day(63 + 22))
    [warning] = await listed(client, cause="silent")
    url, step = f"/v1/warnings/{warning['id']}", {"step": "call", "note": "rang, was on holiday"}
    early = await client.post(f"{url}/steps", json=step)
    assert (early.status_code, early.json()["code"]) == (409, "not_acknowledged")
    closing = {"reason": "explained"}
    assert (await client.post(f"{url}/closing", json=closing)).json()["code"] == "not_acknowledged"
    agent = as_role("agent")
    assert (await client.post(f"{url}/acknowledgement", headers=agent)).json()["state"] == "acknowledged"
    assert (await client.post(f"{url}/acknowledgement")).json()["code"] == "already_acknowledged"
    assert (await client.post(f"{url}/steps", json=step, headers=agent)).json()["state"] == "worked"
    closed = (await client.post(f"{url}/closing", json=closing, headers=agent)).json()
    assert (closed["state"], closed["closed_by"], closed["closing"], closed["lasting"]) == (
        "closed", "agent-1", "explained", True,
    )  # fmt: skip
    assert [(change["kind"], change["by"], change["code"]) for change in closed["changes"]] == [
        ("raised", "patron", None), ("acknowledged", "agent-1", None), ("step", "agent-1", "call"),
        ("closed", "agent-1", "explained"),
    ]  # fmt: skip
    assert closed["changes"][2]["note"] == step["note"]
    for path, body in (("acknowledgement", None), ("steps", step), ("closing", closing)):
        assert (await client.post(f"{url}/{path}", json=body)).json()["code"] == "warning_closed"
    await swept(client, database, day(63 + 24))
    assert len(await listed(client, cause="silent")) == 1  # the same is not warned of again
    await swept(client, database, day(63 + 43))
    [worse] = await listed(client, cause="silent", state="open")  # but when it gets worse
    assert (worse["severity"], worse["id"] != warning["id"]) == ("red", True)


async def test_T12_a_retired_rule_closes_its_warnings_and_another_rule_may_take_its_cause(client, database, as_role):
    await weekly(database)
    await swept(client, database, day(63 + 22))
    url = f"/v1/warning-rules/{SILENT.rule_id}"
    head = as_role("head", subject="head-2")
    body = {"name": {"en": "Quiet", "zh": "安静"}, "document": dict(SILENT.document) | {"least_days": 30}}
    other = (await client.post("/v1/warning-rules", json=body)).json()
    refused = await client.post(f"/v1/warning-rules/{other['id']}/activation", headers=head)
    assert (refused.status_code, refused.json()["code"]) == (409, "cause_taken")
    assert (await client.post(f"{url}/retirement")).status_code == 202, "two people end it"
    assert (await client.post(f"{url}/retirement", headers=head)).json()["status"] == "retired"
    assert (await client.post(f"{url}/retirement", headers=head)).json()["code"] == "not_active"
    await swept(client, database, day(63 + 23))
    [warning] = await listed(client, cause="silent")
    assert (warning["state"], warning["closing"]) == ("closed", "rule_retired")
    own = await client.post(f"/v1/warning-rules/{other['id']}/activation")
    assert (own.status_code, own.json()["code"]) == (403, "own_rule_set")
    assert (await client.post(f"/v1/warning-rules/{other['id']}/activation", headers=head)).status_code == 200
    await swept(client, database, day(63 + 31))
    [warning] = await listed(client, cause="silent", state="open")
    assert warning["rule"] == {"id": other["id"], "version": 1, "name": body["name"]}


async def test_T12_versions_of_a_rule_one_in_force(client, as_role):
    url = f"/v1/warning-rules/{SILENT.rule_id}"
    body = {"name": SILENT.names, "document": dict(SILENT.document) | {"least_days": 1}}
    assert (await client.post(f"{url}/versions", json=body)).json()["version"] == 2
    head = as_role("head", subject="head-2")
    assert (await client.post(f"{url}/activation", json={"version": 2}, headers=head)).json()["status"] == "active"
    assert (await client.post(f"{url}/activation", json={"version": 2}, headers=head)).json()[
        "code"
    ] == "already_active"
    whole = (await client.get(url)).json()
    assert [(version["version"], version["status"]) for version in whole["versions"]] == [(2, "active"), (1, "retired")]
    rules = (await client.get("/v1/warning-rules", params={"limit": 3})).json()
    assert len(rules["items"]) == 3
    rest = (await client.get("/v1/warning-rules", params={"limit": 50, "cursor": rules["next"]})).json()
    assert len(rest["items"]) == len(DEFAULT_WARNING_RULES) + len(DEFAULT_CLASS_RULES) - 3
    assert (await client.get(f"/v1/warning-rules/{ANN}")).json()["code"] == "rule_set_not_found"


async def test_T12_the_list_is_paged_by_expected_loss_and_not_for_partners(client, database, as_role):
    for number in range(1, 8):
        await weekly(database, UUID(int=number), weeks=10 - (number % 2) * 4)
    await swept(client, database, day(63 + 22))
    wanted = {"cause": "silent", "limit": 3}
    warnings: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while not warnings or page["next"]:
        page = (await client.get("/v1/warnings", params=wanted | ({"cursor": page["next"]} if warnings else {}))).json()
        warnings += page["items"]
    assert Counter(warning["severity"] for warning in warnings) == {"red": 4, "yellow": 3}
    places = [(Decimal(warning["expected_loss"] or -1), UUID(warning["id"])) for warning in warnings]
    assert places == sorted(set(places), reverse=True)
    assert len({warning["id"] for warning in warnings}) == 7
    of_one = await listed(
        client, customer_id=str(UUID(int=1)), cause="silent", severity="red", rule=str(SILENT.rule_id)
    )
    assert [(warning["customer_id"], warning["severity"]) for warning in of_one] == [(str(UUID(int=1)), "red")]
    partner = as_role("partner", partner_id=new_id())
    for path in ("/v1/warnings", f"/v1/warnings/{warnings[0]['id']}", "/v1/warnings/runs", "/v1/warning-rules"):
        assert (await client.get(path, headers=partner)).status_code == 404
    assert (await client.post("/v1/warnings/runs", json={}, headers=as_role("agent"))).status_code == 403


async def test_T12_a_review_is_followed_by_one_sweep(client, database):
    await weekly(database)

    async def ask() -> None:
        await database.run(request_due_sweeps)

    await ask()
    assert (await client.get("/v1/warnings/runs")).json()["items"] == []  # the first is a review's, or somebody's
    await database.run(
        lambda tx: tx.raw.execute(
            """with job as (
                   insert into job (id, kind, lane, params, status, requested_by, requested_at, finished_at)
                   values ($1, 'review', 'review', '{}', 'done', 'x', now(), now())
               )
               insert into evaluation_run (run_id, as_of, apply, result, policy_id, policy_version, decided_at)
               select $1, $2, true, 'applied', id, version, now() from rule_set_version
               where kind = 'tier-policies' and status = 'active'""",
            BOB,
            day(85),
        )
    )
    await ask()
    await ask()
    await finish(database)
    [run] = (await client.get("/v1/warnings/runs", params={"evaluation": str(BOB)})).json()["items"]
    assert (run["because"], run["as_of"], run["outcomes"]["raised"]) == ("review", "2025-03-27T12:00:00Z", 1)
    await ask()
    assert len((await client.get("/v1/warnings/runs")).json()["items"]) == 1


@pytest.mark.parametrize("crash_at", [0, 1, 2, 3, 5])
async def test_T12_a_crash_anywhere_resumes_and_never_doubles(client, database, announced, monkeypatch, crash_at):
    monkeypatch.setattr(warning_runs, "BATCH", 3)
    for number in range(1, 9):
        await weekly(database, UUID(int=number))
    await client.post("/v1/warnings/runs", json={"as_of": day(85).isoformat()})

    class Crash(Exception):
        pass

    steps, original = 0, database.run

    async def dying_run(work, **more):
        nonlocal steps
        steps += 1

        async def then_die(tx):
            result = await work(tx)
            if steps == crash_at + 1:
                raise Crash
            return result

        return await original(then_die, **more)

    monkeypatch.setattr(database, "run", dying_run)
    with pytest.raises(Crash):
        await finish(database)
    monkeypatch.setattr(database, "run", original)
    await finish(database)
    [run] = (await client.get("/v1/warnings/runs")).json()["items"]
    assert (run["progress"]["done"], run["outcomes"]["raised"]) == (8, len(await listed(client)))
    assert len(await listed(client, cause="silent")) == 8
    raised = [event for event in await announced() if isinstance(event, WarningRaised)]
    assert len({(event.customer_id, event.cause) for event in raised}) == len(raised) == run["outcomes"]["raised"]


async def test_T12_a_day_before_the_last_sweep_is_refused_and_the_future_too(client, database, as_role):
    await swept(client, database, day(85))
    answer = await client.post("/v1/warnings/runs", json={"as_of": day(84).isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (409, "before_the_last_run")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await client.post("/v1/warnings/runs", json={"as_of": later})).json()["code"] == "in_the_future"
    analyst = as_role("analyst")
    old = await client.post("/v1/warnings/runs", json={"as_of": day(86).isoformat()}, headers=analyst)
    assert (old.status_code, old.json()["code"]) == (403, "history_needed")
