"""A query parameter that a route does not have is refused by every route of every service, before anything is done."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.chassis import Ports
from shared.chassis.clients import Transport
from shared.chassis.http.query_parameters import passes_query_on
from tests import harness
from tests.system import transport_to

UNKNOWN = "no_such_parameter"


def app_of(service: str, keys: harness.Keys, transport: Transport = harness.nowhere) -> FastAPI:
    """The service's application with no database behind it: what is refused has not asked for one."""
    settings = harness.settings_of(service, "postgresql://nowhere/none", keys.directory)
    create: Callable[..., FastAPI] = harness.part_of(service, "app").create_app
    return create(settings, Ports(running=False, logs=False, transport=transport))


def operations_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route; ids in paths are any ids."""
    return [
        (method, re.sub(r"\{[^}]*\}", lambda _: str(uuid4()), route.path))
        for route in app.routes
        if isinstance(route, APIRoute) and passes_query_on not in route.dependencies
        for method in sorted(route.methods)
    ]


def headers_for(keys: harness.Keys, service: str, path: str) -> dict[str, str]:
    return keys.internal(service) if path.startswith("/internal/") else keys.headers(service)


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_every_route_refuses_a_parameter_it_does_not_have(service: str, keys: harness.Keys) -> None:
    app = app_of(service, keys)
    operations = operations_of(app)
    assert len(operations) > 15
    async with harness.client_of(app, None) as client:
        for method, path in operations:
            answer = await client.request(
                method, path, params={UNKNOWN: "1"}, headers=headers_for(keys, service, path), json={}
            )
            assert answer.status_code == 422, f"{method} {path}: {answer.status_code}"
            if method != "HEAD":
                assert (answer.json()["code"], answer.json()["parameter"]) == ("unknown_parameter", UNKNOWN), path


async def test_the_instant_of_an_explanation_is_not_ignored_under_another_name(keys: harness.Keys) -> None:
    """The defect: today's tier with 200, because the parameter was called otherwise."""
    path = f"/v1/customers/{uuid4()}/tier/explanation"
    async with harness.client_of(app_of("tiering", keys), None) as client:
        answer = await client.get(path, params={"know_at": "2026-01-01T00:00:00Z"}, headers=keys.headers("tiering"))
    refusal = answer.json()
    assert (answer.status_code, refusal["code"]) == (422, "unknown_parameter")
    assert refusal["nearest"] == "known_at"
    assert "known_at" in refusal["known"]
    assert "know_at" in refusal["detail"]
    assert "known_at" in refusal["detail"]
    assert refusal["errors"] == [{"pointer": "/know_at", "code": "unknown_parameter", "detail": refusal["detail"]}]


async def test_who_may_not_pass_is_told_that_first(keys: harness.Keys) -> None:
    async with harness.client_of(app_of("loyalty", keys), None) as client:
        path = f"/v1/customers/{uuid4()}/points/redemptions?{UNKNOWN}=1"
        assert (await client.post(path, json={})).status_code == 401
        answer = await client.post(path, json={}, headers=keys.headers("loyalty", "auditor"))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_odd_names_are_refused_and_not_repeated(keys: harness.Keys) -> None:
    async with harness.client_of(app_of("loyalty", keys), None) as client:
        for query in ("13800000000=1", "=1", "%3Cscript%3E", "a" * 65, "limit=1&9=2", "limit[]=1"):
            answer = await client.get(f"/v1/points/liability?{query}", headers=keys.headers("loyalty"))
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter"), query
            if "limit=" not in query:
                assert "parameter" not in answer.json()
                assert query not in answer.text


async def test_a_method_that_is_not_there_stays_a_405_and_a_path_a_404(keys: harness.Keys) -> None:
    async with harness.client_of(app_of("loyalty", keys), None) as client:
        for method, path, status in (("DELETE", "/livez", 405), ("GET", "/nowhere", 404)):
            answer = await client.request(method, f"{path}?{UNKNOWN}=1")
            assert answer.status_code == status


async def test_the_gateway_passes_the_query_on_and_the_owner_refuses(keys: harness.Keys) -> None:
    loyalty = app_of("loyalty", keys)
    gateway = app_of("gateway", keys, transport_to({"loyalty": loyalty}))
    async with harness.client_of(loyalty, None), harness.client_of(gateway, None) as client:
        path = f"/v1/customers/{uuid4()}/points/entries?{UNKNOWN}=1"
        answer = await client.get(path, headers=keys.headers("gateway"))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")
    assert "limit" in answer.json()["known"]
