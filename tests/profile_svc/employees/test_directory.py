"""P5 over HTTP: the directory of employees and their life."""

import asyncio
from hashlib import sha256

import pytest

from shared.events import EmployeeChanged

SERVICE = "profile"
SUBJECT = "auth0|5f7c8ec7c33c6c004bbafe82"
MARCH = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-15T00:00:00Z"}


@pytest.fixture
async def directory(client) -> None:
    assert (await client.post("/v1/units", json={"unit": "wuhan", "name": "武汉", "kind": "city"})).status_code == 201
    for number in (1, 2, 3):
        body = {"employee_id": f"E-{number}", "name": f"Employee {number}"}
        assert (await client.post("/v1/employees", json=body)).status_code == 201


async def amend(client, employee: str, body: dict) -> tuple[int, dict]:
    etag = (await client.get(f"/v1/employees/{employee}")).headers["etag"]
    answer = await client.patch(f"/v1/employees/{employee}", json=body, headers={"If-Match": etag})
    return answer.status_code, answer.json()


async def changes(announced) -> list[EmployeeChanged]:
    return [event for event in await announced() if isinstance(event, EmployeeChanged)]


async def test_P5_an_employee_has_a_unit_skills_languages_and_a_capacity(client, directory, announced):
    details = {
        "unit": "wuhan",
        "skills": ["leasing", "leasing", "fibre"],
        "languages": ["zh-hans-cn", "EN"],
        "capacity": 40,
    }
    status, shown = await amend(client, "E-1", details | {"subject": SUBJECT, "joined_at": "2020-01-06T00:00:00Z"})
    kept = {"skills": ["leasing", "fibre"], "languages": ["zh-Hans-CN", "en"], "unit": "wuhan", "capacity": 40}
    assert status == 200
    assert {name: shown[name] for name in kept} == kept
    assert (shown["state"], shown["signs_in"], shown["joined_at"]) == ("present", True, "2020-01-06T00:00:00Z")
    last = (await changes(announced))[-1]
    assert (last.unit, last.capacity) == ("wuhan", 40)
    assert (last.skills, last.languages) == (("leasing", "fibre"), ("zh-Hans-CN", "en"))
    assert (await client.get("/v1/employees", params={"unit": "wuhan"})).json()["items"] == [shown]


async def test_P5_a_subject_is_announced_as_a_digest_and_shown_to_nobody(client, directory, announced):
    before = len(await changes(announced))
    assert (await amend(client, "E-1", {"subject": SUBJECT}))[0] == 200
    assert (await amend(client, "E-1", {"name": "Another Name", "phone_extension": "77"}))[0] == 200
    new = (await changes(announced))[before:]
    assert [event.subject_digest for event in new] == [sha256(SUBJECT.encode()).hexdigest()], "names are not announced"
    assert all(SUBJECT not in event.model_dump_json() for event in await announced())
    assert SUBJECT not in (await client.get("/v1/employees")).text


async def test_P5_two_employees_never_sign_in_with_one_subject(client, directory):
    assert (await amend(client, "E-1", {"subject": SUBJECT}))[0] == 200
    status, problem = await amend(client, "E-2", {"subject": SUBJECT})
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (409, "subject_taken", "/subject")
    entered = await client.post("/v1/employees", json={"employee_id": "E-9", "name": "Nine", "subject": SUBJECT})
    assert (entered.status_code, entered.json()["code"]) == (409, "subject_taken")
    assert (await client.get("/v1/employees/E-9")).status_code == 404, "nothing changed"
    assert (await amend(client, "E-1", {"subject": None}))[0] == 200
    both = await asyncio.gather(*(amend(client, f"E-{n}", {"subject": SUBJECT}) for n in (2, 3)))
    assert sorted(status for status, _ in both) == [200, 409]


async def test_P5_an_employee_with_two_subjects_is_refused(client, directory):
    assert (await amend(client, "E-1", {"subject": [SUBJECT, "other"]}))[0] == 422
    body = {"employee_id": "E-4", "name": "Four", "subject": "one"}
    assert (await client.post("/v1/employees", json=body)).status_code == 201
    again = await client.post("/v1/employees", json=body | {"subject": "two"})
    assert (again.status_code, again.json()["code"]) == (409, "employee_exists")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"unit": "nowhere"}, "unit_not_known"),
        ({"languages": ["english"]}, "language_tag"),
        ({"languages": ["zh_CN"]}, "language_tag"),
        ({"skills": ["13800138000"]}, "looks_personal"),
        ({"capacity": -1}, "greater_than_equal"),
        ({"subject": ""}, "too_short"),
    ],
)
async def test_P5_what_makes_no_sense_of_an_employee_changes_nothing(client, directory, announced, body, code):
    before = (await client.get("/v1/employees/E-1")).json(), len(await announced())
    status, problem = await amend(client, "E-1", body)
    assert (status, problem.get("errors", [problem])[0]["code"]) == (422, code)
    assert ((await client.get("/v1/employees/E-1")).json(), len(await announced())) == before


async def test_P5_an_employee_is_changed_by_who_saw_the_last_version(client, directory):
    url = "/v1/employees/E-1"
    stale = (await client.get(url)).headers["etag"]
    assert (await client.patch(url, json={"capacity": 1})).status_code == 428
    assert (await client.put(f"{url}/centre", json={"centre": "north"})).status_code == 200
    late = await client.patch(url, json={"capacity": 1}, headers={"If-Match": stale})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")


async def test_P5_a_deputy_who_left_or_is_away_is_refused(client, directory):
    assert (await client.post("/v1/employees/E-2/departure", json={})).json()["state"] == "left"
    assert (await client.put("/v1/employees/E-3/absence", json=MARCH)).is_success
    for deputy, code in (("E-2", "deputy_left"), ("E-3", "deputy_absent")):
        refused = await client.put("/v1/employees/E-1/absence", json=MARCH | {"deputy_id": deputy})
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert (await client.get("/v1/employees/E-1")).json()["absence"] is None
    april = {"since": MARCH["until"], "until": "2026-04-01T00:00:00Z", "deputy_id": "E-3"}
    assert (await client.put("/v1/employees/E-1/absence", json=april)).is_success, "back on the day it begins"


async def test_P5_who_leaves_hands_over_first_and_becomes_nobodys_manager(client, directory, announced):
    customer = (await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li Lei"}]})).json()["id"]
    team, manager = f"/v1/customers/{customer}/team", {"employee_id": "E-1", "role": "account_manager"}
    assert (await client.post(team, json=manager)).status_code == 201
    assert (
        await client.put("/v1/employees/E-2/absence", json={"since": MARCH["since"], "deputy_id": "E-1"})
    ).is_success
    refused = await client.post("/v1/employees/E-1/departure", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "accounts_to_hand_over")
    assert refused.json()["accounts"] == [{"customer_id": customer, "role": "account_manager"}]
    assert refused.json()["stands_in_for"] == ["E-2"]
    assert (await client.post(team, json=manager | {"employee_id": "E-3"})).status_code == 201  # takes over
    assert (await client.delete("/v1/employees/E-2/absence")).is_success
    for _ in range(2):  # again changes nothing
        left = await client.post("/v1/employees/E-1/departure", json={})
        assert (left.status_code, left.json()["state"]) == (200, "left")
    assert [event.left_at is not None for event in await changes(announced)][-1]
    for path, body in ((team, manager), ("/v1/employees/E-1/absence", MARCH)):
        answer = await client.request("PUT" if path.endswith("absence") else "POST", path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "employee_left")
    back = await client.delete("/v1/employees/E-1/departure")
    assert (back.json()["state"], back.json()["left_at"]) == ("present", None)
    assert (await client.post(team, json=manager)).status_code == 201


async def test_P5_nobody_leaves_before_they_joined_or_tomorrow(client, directory):
    assert (await amend(client, "E-1", {"joined_at": "2026-03-01T00:00:00Z"}))[0] == 200
    for at, code in (("2026-02-01T00:00:00Z", "left_before_joined"), ("2199-01-01T00:00:00Z", "in_the_future")):
        refused = await client.post("/v1/employees/E-1/departure", json={"at": at})
        assert (refused.status_code, refused.json().get("errors", [refused.json()])[0]["code"]) == (422, code)


async def test_P5_accounts_are_listed_with_those_of_whom_the_employee_stands_in_for(client, directory, as_role):
    ids = []
    for number in (1, 2, 3):
        file = await client.post("/v1/customers", json={"kind": "person", "names": [{"name": f"Customer {number}"}]})
        ids.append(file.json()["id"])
        body = {"employee_id": f"E-{number}", "role": "account_manager"}
        assert (await client.post(f"/v1/customers/{ids[-1]}/team", json=body)).status_code == 201
    assert (
        await client.put("/v1/employees/E-2/absence", json={"since": MARCH["since"], "deputy_id": "E-1"})
    ).is_success
    first = (await client.get("/v1/employees/E-1/accounts", params={"limit": 1})).json()
    rest = (await client.get("/v1/employees/E-1/accounts", params={"cursor": first["next"]})).json()
    both = [
        (item["customer_id"], item["employee_id"], item["customer_name"]) for item in first["items"] + rest["items"]
    ]
    assert both == [(ids[0], "E-1", "Customer 1"), (ids[1], "E-2", "Customer 2")]
    held = as_role("manager", employee_id="E-3")
    own = (await client.get("/v1/employees/E-3/accounts", headers=held)).json()
    assert [item["customer_id"] for item in own["items"]] == [ids[2]]
    assert (await client.get("/v1/employees/E-1/accounts", headers=held)).status_code == 404
    foreign = await client.put("/v1/employees/E-1/absence", json=MARCH | {"deputy_id": "E-3"}, headers=held)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_own_absence"), "nobody makes themselves a deputy"
    assert (await client.put("/v1/employees/E-3/absence", json=MARCH, headers=held)).is_success


async def test_P5_the_directory_is_changed_by_heads(client, directory, as_role):
    body = {"employee_id": "E-8", "name": "Eight"}
    for role in ("agent", "manager", "analyst", "auditor"):
        assert (await client.post("/v1/employees", json=body, headers=as_role(role))).status_code == 403
        assert (await client.post("/v1/employees/E-1/departure", json={}, headers=as_role(role))).status_code == 403
    assert (await client.post("/v1/employees", json=body, headers=as_role("head"))).status_code == 201
