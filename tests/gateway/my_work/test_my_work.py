"""P5: who am I, my customers, my cases, my tasks: composed for the employee who asks."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.gateway.access.handlers import refreshed_copy
from services.gateway.subscriptions import subscriptions
from shared.messaging import Database
from tests import harness
from tests.gateway.access.test_authentication import a_token
from tests.gateway.access.test_employees import changed
from tests.gateway.behind import ServicesBehind, in_front_of
from tests.gateway.bodies import code_of

SERVICE = "gateway"
CUSTOMERS = [str(UUID(int=number)) for number in range(1, 251)]
AT = "2026-11-01T00:00:00Z"
EMPLOYEE = {"employee_id": "E-1", "name": "Wang Fang", "state": "present"}


def account(customer: str) -> dict[str, Any]:
    return {
        "customer_id": customer, "customer_name": f"Customer {customer[-4:]}", "role": "account_manager",
        "employee_id": "E-1", "assigned_at": AT,
    }  # fmt: skip


def case(number: int, due: str | None) -> dict[str, Any]:
    return {
        "id": str(UUID(int=1000 + number)), "customer_id": CUSTOMERS[number], "kind": "complaint", "channel": "phone",
        "category": "delivery", "severity": "high", "status": "received", "filed_at": AT, "next_due_at": due,
    }  # fmt: skip


def profile(request: httpx.Request) -> httpx.Response:
    path, query = request.url.path, request.url.params
    if path == "/v1/units/wuhan":
        return httpx.Response(200, json={"unit": "wuhan", "name": "武汉"})
    if path == "/v1/employees/E-1":
        return httpx.Response(200, json=EMPLOYEE)
    if path == "/v1/employees/E-1/accounts":
        start, limit = int(query.get("cursor", "0")), int(query["limit"])
        page = CUSTOMERS[start : start + limit]
        more = str(start + limit) if start + limit < len(CUSTOMERS) else None
        return httpx.Response(200, json={"items": [account(customer) for customer in page], "next": more})
    task = {"entry_id": str(UUID(int=9)), "customer_id": CUSTOMERS[0], "customer_name": None, "what": "call"}
    task |= {"on": "2026-11-02", "is_overdue": True, "owner": "E-1"}  # type: ignore[dict-item]
    return httpx.Response(200, json={"items": [task], "next": "more"})


def complaint(request: httpx.Request) -> httpx.Response:
    named = request.url.params.get_list("customer_ids")
    cases = [case(3, None), case(4, "2026-11-03T00:00:00Z"), case(240, "2026-11-02T00:00:00Z")]
    return httpx.Response(200, json={"items": [item for item in cases if item["customer_id"] in named], "next": None})


@pytest.fixture
async def client(
    behind: ServicesBehind, database: Database, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(refreshed_copy, "FRESH_SECONDS", 0.0)
    behind.answers |= {"profile": profile, "complaint": complaint}
    async with in_front_of(behind, database, keys, part_seconds=30) as client:  # on a busy machine a part takes a while
        yield client


@pytest.fixture
async def employee(client: httpx.AsyncClient, database: Database, deliver: Any) -> dict[str, str]:
    await deliver(database, subscriptions, [changed("E-1", subject="ann", unit="wuhan")])
    return await a_token(client, "manager", subject="ann")


async def test_P5_who_am_i(client: httpx.AsyncClient, employee: dict[str, str]) -> None:
    me = (await client.get("/v1/me", headers=employee)).json()
    assert (me["subject"], me["roles"], me["employee_id"], me["name"]) == ("ann", ["manager"], "E-1", "Wang Fang")
    assert me["units"] == [{"unit": "wuhan", "name": "武汉"}]
    assert (me["sees_every_customer"], me["state"], me["missing"]) == (False, "present", [])
    nobody = (await client.get("/v1/me", headers=await a_token(client, "head"))).json()
    assert (nobody["employee_id"], nobody["units"], nobody["sees_every_customer"]) == (None, [], True)


async def test_P5_my_customers_and_my_tasks(client: httpx.AsyncClient, employee: dict[str, str]) -> None:
    first = (await client.get("/v1/me/customers", params={"limit": 200}, headers=employee)).json()
    assert (len(first["items"]), first["missing"]) == (200, [])
    rest = (await client.get("/v1/me/customers", params={"cursor": first["next"]}, headers=employee)).json()
    assert [item["customer_id"] for item in first["items"] + rest["items"]] == CUSTOMERS
    tasks = (await client.get("/v1/me/tasks", headers=employee)).json()
    assert [(task["what"], task["is_overdue"]) for task in tasks["items"]] == [("call", True)]
    assert tasks["next"] == "more"


async def test_P5_my_cases_are_of_all_my_customers_the_most_urgent_first(
    client: httpx.AsyncClient, employee: dict[str, str], behind: ServicesBehind
) -> None:
    cases = (await client.get("/v1/me/cases", headers=employee)).json()["items"]
    assert [(item["customer_id"], item["customer_name"]) for item in cases] == [
        (CUSTOMERS[number], f"Customer {CUSTOMERS[number][-4:]}") for number in (240, 4, 3)
    ]
    assert len((await client.get("/v1/me/cases", params={"limit": 1}, headers=employee)).json()["items"]) == 1
    to_complaint = [request for service, request in behind.requests if service == "complaint"]
    assert all(len(request.url.params.get_list("customer_ids")) <= 200 for request in to_complaint)


@pytest.mark.parametrize("part", ["customers", "cases", "tasks"])
async def test_P5_who_is_no_employee_is_told_so_and_partners_find_nothing(client: httpx.AsyncClient, part: str) -> None:
    head = await a_token(client, "head")
    assert code_of(await client.get(f"/v1/me/{part}", headers=head)) == (404, "not_an_employee")
    partner = await a_token(client, "partner", partner_id=str(UUID(int=1)))
    assert code_of(await client.get(f"/v1/me/{part}", headers=partner)) == (404, "not_found")


@pytest.mark.parametrize("away", ["profile", "complaint"])
async def test_P5_a_service_that_is_away_is_named(
    client: httpx.AsyncClient, employee: dict[str, str], behind: ServicesBehind, away: str
) -> None:
    behind.answers[away] = lambda _: httpx.Response(500)
    began = time.monotonic()
    for part in ("customers", "cases", "tasks"):
        answer = (await client.get(f"/v1/me/{part}", headers=employee)).json()
        assert answer["missing"] == ([away] if away == "profile" or part == "cases" else []), part
    assert (await client.get("/v1/me", headers=employee)).json()["missing"] == (
        ["profile"] if away == "profile" else []
    )
    assert time.monotonic() - began < 6
