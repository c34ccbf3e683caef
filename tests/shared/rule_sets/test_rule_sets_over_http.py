"""The routes of a kind: written, approved by another person, in force, ended; bad input is never a 500."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messaging import Database, new_id
from shared.rule_sets import record_step
from tests.shared.rule_sets.conftest import Clock
from tests.shared.rule_sets.sample import PRICE_LISTS, SHIPPED_ALARM, SHIPPED_DRAFT, SHIPPED_VISITS

Person = Callable[[str], dict[str, str]]
VISITS, ALARMS, PRICES = "/v1/visit-rules", "/v1/alarm-rules", "/v1/price-lists"
SHORTER = {"document": {"most_minutes": 45}, "note": "too long today"}
SILENT = {"name": {"en": "Quiet", "zh": "安静"}, "document": {"cause": "silent", "days": 9}}


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_from_draft_to_retired_with_who_and_when(client: httpx.AsyncClient, person: Person, clock: Clock) -> None:
    ann, bob, eve = person("ann"), person("bob"), person("eve")
    answer = await client.post(VISITS, json=SHORTER, headers=ann)
    draft = answer.json()
    url = answer.headers["location"]
    assert (answer.status_code, url, draft["version"], draft["status"]) == (201, f"{VISITS}/{draft['id']}", 1, "draft")
    assert (draft["document"], draft["note"], draft["author"]) == (SHORTER["document"], SHORTER["note"], "ann")
    assert refused(await client.post(f"{url}/approval", headers=ann)) == (403, "own_rule_set")
    approved = (await client.post(f"{url}/approval", json={"note": "yes"}, headers=bob)).json()
    assert (approved["status"], approved["approved_by"], approved["effective_from"]) == ("approved", "bob", None)
    assert refused(await client.post(f"{url}/approval", headers=eve)) == (409, "already_approved")
    begins = clock.now + timedelta(days=2)
    body = {"version": 1, "effective_from": begins.isoformat()}
    scheduled = (await client.post(f"{url}/activation", json=body, headers=ann)).json()
    assert (scheduled["status"], scheduled["activated_by"]) == ("scheduled", "ann")
    assert refused(await client.post(f"{url}/activation", headers=eve)) == (409, "already_active")
    assert [v["version"] for v in (await client.get(f"{VISITS}/{SHIPPED_VISITS}")).json()["versions"]] == [1]
    clock.pass_days(3)
    assert (await client.get(url)).json()["status"] == "active"
    second = (await client.post(f"{url}/versions", json={"document": {"most_minutes": 30}}, headers=ann)).json()
    assert (second["version"], second["status"]) == (2, "draft")
    await client.post(f"{url}/activation", headers=eve)
    shown = (await client.get(url)).json()
    assert [(v["version"], v["status"]) for v in shown["versions"]] == [(2, "active"), (1, "retired")]
    assert (shown["version"], shown["document"]) == (2, {"most_minutes": 30})
    assert [(s["version"], s["step"], s["by"], s["note"]) for s in shown["steps"]] == [
        (1, "draft", "ann", "too long today"), (1, "approved", "bob", "yes"), (1, "active", "ann", None),
        (2, "draft", "ann", None), (2, "approved", "eve", None), (1, "retired", "eve", None),
        (2, "active", "eve", None),
    ]  # fmt: skip


async def test_what_was_in_force_then_is_told(client: httpx.AsyncClient, person: Person, clock: Clock) -> None:
    before = clock.now
    url = (await client.post(VISITS, json=SHORTER, headers=person("ann"))).headers["location"]
    now = clock.pass_days(1)
    await client.post(f"{url}/activation", headers=person("bob"))

    async def minutes(**query: str) -> list[int]:
        answer = await client.get(f"{VISITS}/in-force", params=query)
        assert answer.status_code == 200, answer.text
        return [item["document"]["most_minutes"] for item in answer.json()["items"]]

    later = (now + timedelta(days=9)).isoformat()
    assert await minutes() == await minutes(as_of=later) == [45]
    assert await minutes(as_of=before.isoformat()) == await minutes(as_of=later, known_at=before.isoformat()) == [60]
    future = await client.get(f"{VISITS}/in-force", params={"known_at": later})
    assert refused(future) == (422, "in_the_future")


async def test_the_list_has_one_row_an_id_and_goes_on_by_a_cursor(client: httpx.AsyncClient, person: Person) -> None:
    for _ in range(2):
        await client.post(f"{VISITS}/{SHIPPED_VISITS}/versions", json=SHORTER, headers=person("ann"))
    first = (await client.get(VISITS, params={"limit": 1})).json()
    rest = (await client.get(VISITS, params={"cursor": first["next"]})).json()
    rows = [(item["id"], item["version"], item["status"]) for item in first["items"] + rest["items"]]
    assert rows == [(str(SHIPPED_VISITS), 1, "active"), (str(SHIPPED_DRAFT), 1, "draft")]
    assert rest["next"] is None


async def test_a_single_kind_is_never_left_without_rules(
    client: httpx.AsyncClient, person: Person, clock: Clock
) -> None:
    ended = await client.post(f"{VISITS}/{SHIPPED_VISITS}/retirement", headers=person("bob"))
    assert refused(ended) == (409, "always_in_force")
    url = (await client.post(VISITS, json=SHORTER, headers=person("ann"))).headers["location"]
    body = {"effective_from": (clock.now + timedelta(days=1)).isoformat()}
    await client.post(f"{url}/activation", json=body, headers=person("bob"))
    first_request = await client.post(f"{url}/retirement", headers=person("ann"))
    assert (first_request.status_code, first_request.json()["status"]) == (202, "scheduled")
    assert refused(await client.post(f"{url}/retirement", headers=person("ann"))) == (403, "own_approval")
    called_off = (await client.post(f"{url}/retirement", headers=person("eve"))).json()
    assert (called_off["status"], called_off["effective_from"]) == ("retired", called_off["effective_to"])
    clock.pass_days(2)
    assert (await client.get(f"{VISITS}/{SHIPPED_VISITS}")).json()["status"] == "active"


async def test_one_of_a_slot_and_each_can_end(client: httpx.AsyncClient, person: Person) -> None:
    answer = await client.post(ALARMS, json=SILENT, headers=person("ann"))
    draft, url = answer.json(), answer.headers["location"]
    assert (draft["name"], draft["cause"]) == (SILENT["name"], "silent")
    taken = await client.post(f"{url}/activation", headers=person("bob"))
    assert (*refused(taken), taken.json()["rule_set_id"]) == (409, "slot_taken", str(SHIPPED_ALARM))
    assert (await client.post(f"{ALARMS}/{SHIPPED_ALARM}/retirement", headers=person("eve"))).status_code == 202
    retired = await client.post(f"{ALARMS}/{SHIPPED_ALARM}/retirement", headers=person("bob"))
    assert retired.json()["status"] == "retired"
    again = await client.post(f"{ALARMS}/{SHIPPED_ALARM}/retirement", headers=person("bob"))
    assert refused(again) == (409, "not_active")
    assert (await client.post(f"{url}/activation", headers=person("bob"))).json()["status"] == "active"


async def test_an_older_version_comes_back_when_two_people_want_it(client: httpx.AsyncClient, person: Person) -> None:
    url = f"{VISITS}/{SHIPPED_VISITS}"
    await client.post(f"{url}/versions", json=SHORTER, headers=person("ann"))
    await client.post(f"{url}/activation", headers=person("bob"))
    back = {"version": 1}
    first_request = await client.post(f"{url}/activation", json=back, headers=person("bob"))
    assert (first_request.status_code, first_request.json()["status"]) == (202, "retired")
    assert refused(await client.post(f"{url}/activation", json=back, headers=person("bob"))) == (403, "own_approval")
    done = await client.post(f"{url}/activation", json=back, headers=person("ann"))
    assert (done.status_code, done.json()["status"]) == (200, "active")
    steps = [(s["version"], s["step"], s["by"]) for s in (await client.get(url)).json()["steps"]]
    assert steps[-3:] == [(1, "activation_requested", "bob"), (2, "retired", "ann"), (1, "active", "ann")]


async def test_a_draft_that_was_not_read_is_not_approved(client: httpx.AsyncClient, person: Person) -> None:
    """While another reads version 2 its author writes version 3: the newest is not what was read."""
    url = f"{VISITS}/{SHIPPED_VISITS}"
    await client.post(f"{url}/versions", json=SHORTER, headers=person("ann"))
    await client.post(f"{url}/versions", json={"document": {"most_minutes": 999}}, headers=person("ann"))
    for step in ("approval", "activation"):
        unnamed = await client.post(f"{url}/{step}", headers=person("bob"))
        assert (*refused(unnamed), unnamed.json()["newest"]) == (422, "version_needed", 3)
    assert (await client.post(f"{url}/activation", json={"version": 2}, headers=person("bob"))).status_code == 200


async def test_only_a_third_person_with_the_scope_for_emergencies_goes_without_notice(
    client: httpx.AsyncClient, person: Person, as_role: Callable[..., dict[str, str]], database: Database
) -> None:
    draft = (await client.post(PRICES, json={"document": {"from": 3}}, headers=person("ann"))).json()
    url, at_once = f"{PRICES}/{draft['id']}", {"emergency": True}
    await database.run(
        lambda tx: record_step(tx, PRICE_LISTS, UUID(draft["id"]), 1, "simulated", "ann", reference=new_id())
    )  # fmt: skip
    await client.post(f"{url}/approval", headers=person("bob"))
    without = as_role("x", subject="eve", scopes=["policies:approve"])
    assert refused(await client.post(f"{url}/activation", json=at_once, headers=without)) == (403, "forbidden")
    second = await client.post(f"{url}/activation", json=at_once, headers=person("bob"))
    assert refused(second) == (403, "second_approval_needed")
    done = await client.post(f"{url}/activation", json=at_once, headers=person("eve"))
    assert (done.status_code, done.json()["status"]) == (200, "active")


async def test_a_rejected_version_is_never_in_force(client: httpx.AsyncClient, person: Person) -> None:
    url = (await client.post(VISITS, json=SHORTER, headers=person("ann"))).headers["location"]
    rejected = (await client.post(f"{url}/rejection", json={"note": "no"}, headers=person("bob"))).json()
    assert rejected["status"] == "rejected"
    assert refused(await client.post(f"{url}/rejection", headers=person("bob"))) == (409, "already_rejected")
    activation = await client.post(f"{url}/activation", headers=person("bob"))
    assert (*refused(activation), activation.json()["next"]) == (409, "step_out_of_order", [])


async def test_a_condition_and_a_notice(
    client: httpx.AsyncClient, person: Person, database: Database, clock: Clock
) -> None:
    draft = (await client.post(PRICES, json={"document": {"from": 3}}, headers=person("ann"))).json()
    assert draft["document"] == {"from": 3}
    url, run = f"{PRICES}/{draft['id']}", new_id()
    for step in ("approval", "activation"):
        assert refused(await client.post(f"{url}/{step}", headers=person("bob"))) == (409, "not_simulated")
    await database.run(
        lambda tx: record_step(tx, PRICE_LISTS, UUID(draft["id"]), 1, "simulated", "ann", reference=run)
    )  # fmt: skip
    soon = {"effective_from": (clock.now + timedelta(days=6)).isoformat()}
    early = await client.post(f"{url}/activation", json=soon, headers=person("bob"))
    assert (*refused(early), early.json()["errors"][0]["pointer"]) == (422, "notice_too_short", "/effective_from")
    scheduled = (await client.post(f"{url}/activation", headers=person("bob"))).json()
    assert scheduled["status"] == "scheduled"
    shown = (await client.get(url)).json()
    assert [(s["step"], s["reference"]) for s in shown["steps"]][1] == ("simulated", str(run))


async def test_an_activation_is_announced(
    client: httpx.AsyncClient, person: Person, announced: Callable[[], Any]
) -> None:
    draft = (await client.post(VISITS, json=SHORTER, headers=person("ann"))).json()
    await client.post(f"{VISITS}/{draft['id']}/activation", headers=person("bob"))
    [event] = await announced()
    assert (event.policy_id, event.version) == (UUID(draft["id"]), 1)


async def test_nobody_writes_over_what_they_have_not_seen(client: httpx.AsyncClient, person: Person) -> None:
    url = f"{VISITS}/{SHIPPED_VISITS}"
    seen = {"If-Match": (await client.get(url)).headers["etag"]}
    assert (await client.post(f"{url}/versions", json=SHORTER, headers=person("ann") | seen)).status_code == 201
    for step, body in (("versions", SHORTER), ("approval", {}), ("rejection", {}), ("activation", {}),
                       ("retirement", {})):  # fmt: skip
        stale = await client.post(f"{url}/{step}", json=body, headers=person("bob") | seen)
        assert refused(stale) == (412, "changed_meanwhile")
    seen = {"If-Match": (await client.get(url)).headers["etag"]}
    assert (await client.post(f"{url}/activation", headers=person("bob") | seen)).status_code == 200


async def test_each_step_needs_its_scope(client: httpx.AsyncClient, as_role: Callable[..., dict[str, str]]) -> None:
    reader = as_role("reader", scopes=["customers:read"])
    writer = as_role("writer", scopes=["policies:write"])
    other = as_role("other", scopes=["points:read"])
    url = f"{VISITS}/{SHIPPED_VISITS}"
    for path in (VISITS, url, f"{VISITS}/in-force"):
        assert (await client.get(path, headers=reader)).status_code == 200
        assert (await client.get(path, headers=other)).status_code == 403
    for path in (VISITS, f"{url}/versions"):
        assert (await client.post(path, json=SHORTER, headers=reader)).status_code == 403
    for step in ("approval", "rejection", "activation", "retirement"):
        assert (await client.post(f"{url}/{step}", headers=writer)).status_code == 403
    assert (await client.get(ALARMS, headers=as_role("x", scopes=["tiers:read"]))).status_code == 200
    assert (await client.post(PRICES, json={"document": {"from": 1}}, headers=writer)).status_code == 403


BAD_BODIES = [
    {}, {"document": {}}, {"document": {"most_minutes": "45"}}, {"document": {"most_minutes": 45, "more": 1}},
    {"document": {"most_minutes": 0}}, {"document": {"most_minutes": True}}, {"document": None},
    {"document": {"most_minutes": 45}, "name": {"en": "a", "zh": "b"}}, {"document": {"most_minutes": 45}, "note": 5},
    {"document": {"most_minutes": 45}, "note": "\x00"}, [], "x",
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES)
async def test_a_bad_document_is_refused_and_nothing_is_kept(client: httpx.AsyncClient, body: Any) -> None:
    for url in (VISITS, f"{VISITS}/{SHIPPED_VISITS}/versions"):
        assert (await client.post(url, json=body)).status_code == 422
    assert len((await client.get(VISITS)).json()["items"]) == 2
    assert len((await client.get(f"{VISITS}/{SHIPPED_VISITS}")).json()["versions"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"version": 0}, "validation_failed"), ({"version": "1"}, "validation_failed"),
        ({"version": 2**31}, "validation_failed"), ({"effective_from": "tomorrow"}, "validation_failed"),
        ({"effective_from": "2029-12-31T00:00:00Z"}, "in_the_past"), ({"effective": 1}, "validation_failed"),
        ({"effective_from": "9999-01-01T00:00:00Z"}, "validation_failed"),
    ],
)  # fmt: skip
async def test_a_bad_activation_is_refused(
    client: httpx.AsyncClient, person: Person, body: dict[str, Any], code: str
) -> None:
    answer = await client.post(f"{VISITS}/{SHIPPED_DRAFT}/activation", json=body, headers=person("bob"))
    assert refused(answer) == (422, code)


async def test_what_is_not_there_is_404(client: httpx.AsyncClient) -> None:
    nobody = new_id()
    other_kind = SHIPPED_ALARM
    for rule_set_id in (nobody, other_kind):
        url = f"{VISITS}/{rule_set_id}"
        assert refused(await client.get(url)) == (404, "rule_set_not_found")
        assert refused(await client.post(f"{url}/versions", json=SHORTER)) == (404, "rule_set_not_found")
        for step in ("approval", "rejection", "activation", "retirement"):
            assert refused(await client.post(f"{url}/{step}")) == (404, "rule_set_not_found")
    missing = await client.post(f"{VISITS}/{SHIPPED_VISITS}/approval", json={"version": 7})
    assert refused(missing) == (404, "rule_set_version_not_found")
    assert (await client.get(f"{VISITS}/visits")).status_code == 404
    assert refused(await client.get(VISITS, params={"cursor": "x"})) == (422, "invalid_cursor")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["version", "effective_from", "note", "document", "name", "most_minutes"])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    step=st.sampled_from(["", "/versions", "/approval", "/rejection", "/activation", "/retirement"]),
    body=st.dictionaries(FIELDS, JSON, max_size=3) | JSON,
)
async def test_whatever_comes_in_is_never_a_fault_of_ours(client: httpx.AsyncClient, step: str, body: Any) -> None:
    url = VISITS if not step else f"{VISITS}/{SHIPPED_DRAFT}{step}"
    try:
        answer = await client.post(url, json=body)
    except ValueError:  # half of a character: no JSON can say it
        return
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["code"]


def test_the_contract_has_a_name_of_its_own_for_everything(app: FastAPI) -> None:
    document = app.openapi()
    operations = [
        (operation["operationId"], path)
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if path.startswith("/v1")
    ]
    assert len({name for name, _ in operations}) == len(operations) == 27
    assert {name for name, path in operations if path.startswith(ALARMS)} == {
        "listAlarmRules", "writeAlarmRule", "showAlarmRuleInForce", "showAlarmRule", "writeAlarmRuleVersion",
        "approveAlarmRule", "rejectAlarmRule", "activateAlarmRule", "retireAlarmRule",
    }  # fmt: skip
    titles = [schema.get("title", name) for name, schema in document["components"]["schemas"].items()]
    assert len(set(titles)) == len(titles)
    schemas = document["components"]["schemas"]
    assert schemas["VisitRulesCreate"]["properties"]["document"] == {"$ref": "#/components/schemas/VisitRulesDocument"}
    assert set(schemas["AlarmRuleCreate"]["required"]) == {"name", "document"}
    assert "cause" in schemas["AlarmRuleVersionRead"]["required"]
