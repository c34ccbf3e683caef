"""Files with a reference (P12, K17): an id is offered, and the customer is seen once profile has accepted the file."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.gateway.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered, CustomerRegistered
from shared.messaging import Database
from tests.gateway.behind import ServicesBehind, client
from tests.gateway.bodies import an_order, code_of, place, registered_refs

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"


FILE: dict[str, Any] = {"kind": "person", "reference": {"source": "demo", "ref": "17"}}


async def opened_and_gone(client: httpx.AsyncClient, behind: ServicesBehind) -> str:
    """Profile opens the file, and its answer never comes. The id that the file was offered."""

    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("x")

    behind.answers["profile"] = gone
    assert code_of(await client.post("/v1/customers", json=FILE)) == (504, "service_timeout")
    return str(json.loads(behind.requests[0][1].content)["id"])


@pytest.mark.parametrize(
    ("status", "code"), [(422, "validation_failed"), (415, "unsupported_media_type"), (503, "service_unavailable")]
)
async def test_a_refused_file_leaves_no_customer_and_its_reference_gets_the_same_id_later(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, status: int, code: str
) -> None:
    behind.answers["profile"] = lambda _: httpx.Response(status, json={"code": code})
    assert code_of(await client.post("/v1/customers", json=FILE)) == (status, code)
    offered = json.loads(behind.requests[0][1].content)["id"]
    assert await announced() == []
    assert code_of(await client.get(f"/v1/customers/{offered}/orders")) == (404, "customer_not_found")
    by_id = an_order("1", customer={"id": offered})
    assert code_of(await client.post("/v1/orders", json=by_id)) == (404, "customer_not_found")
    behind.answers["profile"] = lambda request: httpx.Response(201, json={"id": json.loads(request.content)["id"]})
    assert (await client.post("/v1/customers", json=FILE)).json()["id"] == offered
    assert [str(event.customer_id) for event in await announced()] == [offered]
    assert (await place(client, an_order("1", customer=FILE["reference"])))["customer_id"] == offered


async def test_an_order_between_a_file_and_its_registration_goes_to_that_files_customer(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, database: Database
) -> None:
    """As when the gateway died after profile had opened the file: nobody gets a second customer (K17)."""
    opened = await opened_and_gone(client, behind)
    assert (await place(client, an_order("1", customer=FILE["reference"])))["customer_id"] == opened
    problem = {"code": "file_exists", "customer_id": opened}
    behind.answers["profile"] = lambda _: httpx.Response(409, json=problem)
    assert code_of(await client.post("/v1/customers", json=FILE)) == (409, "file_exists")
    assert await registered_refs(database, await announced()) == ["17"]


async def test_a_file_whose_sender_never_got_an_answer_has_its_reference_registered_when_profile_tells_of_it(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, deliver: Any, database: Database
) -> None:
    opened = UUID(await opened_and_gone(client, behind))
    registered = CustomerRegistered(customer_id=opened, kind="person", registered_at=datetime.now(UTC))
    for _ in range(2):
        await deliver(database, subscriptions, [registered])
    assert await registered_refs(database, await announced()) == ["17"]
    assert [event.customer_id for event in await announced()] == [opened]


async def test_a_file_that_is_there_has_its_reference_registered(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, database: Database
) -> None:
    behind.answers["profile"] = lambda _: httpx.Response(409, json={"code": "file_exists"})
    assert code_of(await client.post("/v1/customers", json=FILE)) == (409, "file_exists")
    assert await registered_refs(database, await announced()) == ["17"]


async def test_a_reference_named_by_files_and_orders_at_once_has_one_customer(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any
) -> None:
    behind.answers["profile"] = lambda request: httpx.Response(201, json={"id": json.loads(request.content)["id"]})
    reference = {"source": "demo", "ref": "17"}
    answers = await asyncio.gather(*[
        client.post("/v1/customers", json={"kind": "person", "reference": reference}) if n % 2
        else client.post("/v1/orders", json=an_order(str(n), customer=reference))
        for n in range(12)
    ])  # fmt: skip
    assert {answer.status_code for answer in answers} == {201, 202}
    assert len({answer.json().get("customer_id") or answer.json()["id"] for answer in answers}) == 1
    assert len([event for event in await announced() if isinstance(event, CustomerReferenceRegistered)]) == 1
