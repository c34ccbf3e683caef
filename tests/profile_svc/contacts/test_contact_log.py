"""P6 over HTTP: what was said is kept and read back, next steps are tasks, only ids and codes leave."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.events import ContactLogged, NextStepCompleted

SERVICE = "profile"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
async def customer(client) -> str:
    for number in (1, 2):
        await client.post("/v1/employees", json={"employee_id": f"E-{number}", "name": f"Employee {number}"})
    file = await client.post("/v1/customers", json={"kind": "organisation", "names": [{"name": "Acme"}]})
    return file.json()["id"]


@pytest.fixture
def path(customer) -> str:
    return f"/v1/customers/{customer}/contact-log"


def contact(**more) -> dict:
    return {
        "contacted_at": YESTERDAY.isoformat(),
        "channel": "visit",
        "employee_id": "E-1",
        "partner": "王小明",
        "position": "Head of purchasing",
        "summary": "They look for a second supplier.",
    } | more


def step(**more) -> dict:
    return {"what": "Send the offer", "on": (YESTERDAY + timedelta(days=7)).date().isoformat()} | more


async def trail(database, customer) -> list[str]:
    rows = await database.run(
        lambda tx: tx.raw.fetch("select action from access_trail where customer_id = $1 order by id", UUID(customer))
    )
    return [row["action"] for row in rows]


async def test_P6_a_contact_is_read_back_as_it_was_logged(client, path, customer, announced, database):
    answer = await client.post(path, json=contact(next_step=step()))
    assert answer.status_code == 201, answer.text
    logged = answer.json()
    assert answer.headers["Location"] == f"{path}/{logged['id']}"
    assert (await client.get(f"{path}/{logged['id']}")).json() == logged
    assert (await client.get(path)).json() == {"items": [logged], "next": None}
    assert (logged["partner"], logged["summary"]) == ("王小明", "They look for a second supplier.")
    assert logged["next_step"] == step() | {"owner": "E-1", "completed_at": None, "outcome": None}
    [event] = [event for event in await announced() if isinstance(event, ContactLogged)]
    assert (str(event.customer_id), str(event.entry_id)) == (customer, logged["id"])
    assert (event.channel, event.contacted_at, event.next_step_owner) == ("visit", YESTERDAY, "E-1")
    assert "supplier" not in event.model_dump_json()
    assert (await trail(database, customer))[-3:] == ["contact_logged", "read_contact_log", "read_contact_log"]


async def test_P6_a_next_step_is_open_until_it_is_done_once(client, path, announced):
    first = (await client.post(path, json=contact(next_step=step(owner="E-2")))).json()
    await client.post(path, json=contact(channel="call"))
    assert [item["id"] for item in (await client.get(path, params={"open": True})).json()["items"]] == [first["id"]]
    for outcome in ("They took it.", "Said again."):
        done = await client.post(f"{path}/{first['id']}/next-step/completion", json={"outcome": outcome})
        assert done.status_code == 200
        assert done.json()["next_step"]["outcome"] == "They took it."
    assert (await client.get(path, params={"open": True})).json()["items"] == []
    assert len((await client.get(path)).json()["items"]) == 2
    events = [type(event) for event in await announced() if isinstance(event, (ContactLogged, NextStepCompleted))]
    assert events == [ContactLogged, ContactLogged, NextStepCompleted]


async def test_P6_the_log_is_paged_newest_first(client, path):
    for days in (3, 1, 2):
        await client.post(path, json=contact(contacted_at=(YESTERDAY - timedelta(days=days)).isoformat()))
    first = (await client.get(path, params={"limit": 2})).json()
    rest = (await client.get(path, params={"limit": 2, "cursor": first["next"]})).json()
    instants = [item["contacted_at"] for item in first["items"] + rest["items"]]
    assert instants == sorted(instants, reverse=True)
    assert len(instants) == 3


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"channel": "telepathy"}, 422, None, "/channel"),
        ({"summary": ""}, 422, None, "/summary"),
        ({"contacted_at": "yesterday"}, 422, None, "/contacted_at"),
        ({"contacted_at": "2199-01-01T00:00:00Z"}, 422, "in_the_future", "/contacted_at"),
        ({"employee_id": "E-9"}, 422, "employee_not_known", "/employee_id"),
        ({"next_step": step(owner="E-9")}, 422, "employee_not_known", "/next_step/owner"),
        ({"next_step": step(on="2020-01-01")}, 422, "before_the_contact", "/next_step/on"),
        ({"next_step": {"what": "Call"}}, 422, None, "/next_step/on"),
        ({"mood": "good"}, 422, None, "/mood"),
    ],
)
async def test_P6_bad_input_points_at_the_field_and_changes_nothing(
    client, path, announced, changes, status, code, pointer
):
    before = len(await announced())
    answer = await client.post(path, json=contact(**changes))
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert pointer in [problem.get("pointer"), *(error.get("pointer") for error in problem.get("errors", []))]
    assert code in (None, problem["code"])
    assert (await client.get(path)).json()["items"] == []
    assert len(await announced()) == before


async def test_P6_long_ago_needs_the_scope_history(client, path, as_role):
    long_ago = contact(contacted_at=(YESTERDAY - timedelta(days=90)).isoformat())
    refused = await client.post(path, json=long_ago, headers=as_role("agent", scopes=["customers:write"]))
    assert (refused.status_code, refused.json()["code"]) == (403, "history_needed")
    scopes = ["customers:write", "history"]
    assert (await client.post(path, json=long_ago, headers=as_role("agent", scopes=scopes))).status_code == 201


async def test_P6_a_step_that_is_not_there_or_comes_too_early_is_refused(client, path):
    without = (await client.post(path, json=contact())).json()
    answer = await client.post(f"{path}/{without['id']}/next-step/completion", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_next_step")
    logged = (await client.post(path, json=contact(next_step=step()))).json()
    early = {"completed_at": (YESTERDAY - timedelta(days=2)).isoformat()}
    answer = await client.post(f"{path}/{logged['id']}/next-step/completion", json=early)
    assert (answer.status_code, answer.json()["code"]) == (422, "before_the_contact")
    assert (await client.get(f"{path}/{logged['id']}")).json()["next_step"]["completed_at"] is None


async def test_P6_the_log_is_of_one_customer_and_not_for_partners(client, path, customer, as_role):
    logged = (await client.post(path, json=contact(next_step=step()))).json()
    other = (await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li"}]})).json()["id"]
    assert (await client.get(f"/v1/customers/{other}/contact-log/{logged['id']}")).status_code == 404
    assert (await client.get(f"/v1/customers/{uuid4()}/contact-log")).status_code == 404
    partner = as_role("partner", partner_id=uuid4(), scopes=["customers:read", "customers:write"])
    assert (await client.get(path, headers=partner)).status_code == 404
    assert (await client.post(path, json=contact(), headers=partner)).status_code == 404
    done = f"{path}/{logged['id']}/next-step/completion"
    assert (await client.post(done, json={}, headers=partner)).status_code == 404


async def test_P6_a_partner_does_not_see_what_was_said_to_its_own_customer(client, as_role):
    partner_id = uuid4()
    reference = {"source": f"partner:{partner_id}", "ref": "1"}
    body = {"kind": "person", "names": [{"name": "Li"}], "reference": reference, "id": str(uuid4())}
    customer_id = (await client.post("/v1/customers", json=body)).json()["id"]
    partner = as_role("partner", partner_id=partner_id, scopes=["customers:read"])
    assert (await client.get(f"/v1/customers/{customer_id}", headers=partner)).status_code == 200
    refused = await client.get(f"/v1/customers/{customer_id}/contact-log", headers=partner)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
