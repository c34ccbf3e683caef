"""P6: the next steps that an employee owes, soonest first, with those of whom they stand in for."""

from datetime import UTC, datetime, timedelta

import pytest

SERVICE = "profile"
TODAY = datetime.now(UTC).date()


@pytest.fixture
async def customer(client) -> str:
    for number in (1, 2, 3):
        body = {"employee_id": f"E-{number}", "name": f"Employee {number}"}
        assert (await client.post("/v1/employees", json=body)).status_code == 201
    file = await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li Lei"}]})
    return str(file.json()["id"])


async def agree(client, customer: str, what: str, days: int, owner: str) -> str:
    contacted_at = datetime.now(UTC) - timedelta(days=3)
    step = {"what": what, "on": str(TODAY + timedelta(days=days)), "owner": owner}
    body = {"channel": "call", "employee_id": owner, "summary": "spoke", "next_step": step}
    logged = await client.post(
        f"/v1/customers/{customer}/contact-log", json=body | {"contacted_at": contacted_at.isoformat()}
    )
    assert logged.status_code == 201, logged.text
    return str(logged.json()["id"])


async def test_P6_tasks_are_what_an_employee_owes_soonest_first(client, customer, as_role):
    done = await agree(client, customer, "call back", 0, "E-1")
    await agree(client, customer, "send the offer", 5, "E-1")
    await agree(client, customer, "ask again", -2, "E-1")
    await agree(client, customer, "visit", 1, "E-2")
    assert (await client.post(f"/v1/customers/{customer}/contact-log/{done}/next-step/completion", json={})).is_success
    tasks = "/v1/employees/E-1/tasks"
    first = (await client.get(tasks, params={"limit": 1})).json()
    rest = (await client.get(tasks, params={"cursor": first["next"]})).json()
    shown = [(task["what"], task["is_overdue"], task["customer_name"]) for task in first["items"] + rest["items"]]
    assert shown == [("ask again", True, "Li Lei"), ("send the offer", False, "Li Lei")]
    away = {"since": "2026-01-01T00:00:00Z", "deputy_id": "E-1"}
    assert (await client.put("/v1/employees/E-2/absence", json=away)).is_success
    items = (await client.get(tasks)).json()["items"]
    assert [(task["what"], task["owner"]) for task in items][1] == ("visit", "E-2")
    assert (await client.get(tasks, headers=as_role("manager", employee_id="E-1"))).status_code == 200
    assert (await client.get(tasks, headers=as_role("manager", employee_id="E-3"))).status_code == 404
    assert (await client.get("/v1/employees/E-9/tasks")).json()["code"] == "employee_not_found"


async def test_P6_who_left_owes_nothing_new(client, customer):
    assert (await client.post("/v1/employees/E-3/departure", json={})).is_success
    body = {
        "contacted_at": datetime.now(UTC).isoformat(), "channel": "call", "employee_id": "E-1", "summary": "spoke",
        "next_step": {"what": "call", "on": str(TODAY), "owner": "E-3"},
    }  # fmt: skip
    refused = await client.post(f"/v1/customers/{customer}/contact-log", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "employee_left")


async def test_P5_what_is_owed_by_who_left_is_owed_by_the_customers_account_manager(client, customer):
    await agree(client, customer, "send the offer", 5, "E-1")
    done = await agree(client, customer, "call back", 0, "E-1")
    assert (await client.post(f"/v1/customers/{customer}/contact-log/{done}/next-step/completion", json={})).is_success
    refused = await client.post("/v1/employees/E-1/departure", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "steps_to_hand_over")
    [step] = refused.json()["next_steps"]
    assert step["customer_id"] == customer

    async def owed(employee: str) -> list[tuple[str, str]]:
        items = (await client.get(f"/v1/employees/{employee}/tasks")).json()["items"]
        return [(task["what"], task["owner"]) for task in items]

    manager = {"employee_id": "E-2", "role": "account_manager"}
    assert (await client.post(f"/v1/customers/{customer}/team", json=manager)).status_code == 201
    assert await owed("E-2") == []  # as long as somebody owes it
    assert (await client.post("/v1/employees/E-1/departure", json={})).is_success
    assert await owed("E-2") == [("send the offer", "E-1")]
    assert await owed("E-3") == []
    taken_over = manager | {"employee_id": "E-3"}
    assert (await client.post(f"/v1/customers/{customer}/team", json=taken_over)).status_code == 201
    assert (await owed("E-2"), await owed("E-3")) == ([], [("send the offer", "E-1")])
    assert (await client.delete("/v1/employees/E-1/departure")).is_success  # and all is as before
    assert (await owed("E-1"), await owed("E-3")) == ([("send the offer", "E-1")], [])


async def test_P12_the_manager_of_any_who_are_one_takes_over(client, customer):
    other = await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li L."}]})
    root = other.json()["id"]
    await agree(client, customer, "send the offer", 5, "E-1")
    manager = {"employee_id": "E-2", "role": "account_manager"}
    assert (await client.post(f"/v1/customers/{root}/team", json=manager)).status_code == 201
    assert (await client.post("/v1/employees/E-1/departure", json={})).status_code == 409
    merge = {"absorbed": {"id": customer}}
    assert (await client.post(f"/v1/customers/{root}/merges", json=merge)).status_code == 201
    assert (await client.post("/v1/employees/E-1/departure", json={})).is_success
    items = (await client.get("/v1/employees/E-2/tasks")).json()["items"]
    assert [(task["what"], task["owner"]) for task in items] == [("send the offer", "E-1")]
