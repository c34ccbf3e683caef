"""The contract of the whole, merged from the services' own, and the health of the whole."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.gateway.contract import handlers
from tests.gateway.behind import ServicesBehind, client

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"


async def test_G8_the_contract_is_that_of_the_whole(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    def contract(path: str, shape: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
        operation = {
            "operationId": "show",
            "responses": {"200": {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/Shape"}}}}},
        }
        document = {
            "paths": {path: {"get": operation}, "/internal/x": {"get": operation}},
            "components": {"schemas": {"Shape": shape}},
        }
        return lambda _: httpx.Response(200, json=json.loads(json.dumps(document)))

    behind.answers["loyalty"] = contract("/v1/holds", {"type": "string"})
    behind.answers["tiering"] = contract("/v1/pyramid", {"type": "integer"})
    for name in ("complaint", "profile"):
        behind.answers[name] = lambda _: httpx.Response(200, json={"paths": {}})
    whole = (await client.get("/openapi.json", headers={"Authorization": ""})).json()
    assert {"/v1/orders", "/v1/orders:batch", "/v1/holds", "/v1/pyramid"} <= set(whole["paths"])
    assert not [path for path in whole["paths"] if path.startswith("/internal")]
    ids = [item["get"]["operationId"] for path, item in whole["paths"].items() if path in ("/v1/holds", "/v1/pyramid")]
    assert sorted(ids) == ["show", "tieringShow"]
    schemas = whole["components"]["schemas"]
    assert (schemas["Shape"], schemas["TieringShape"]) == ({"type": "string"}, {"type": "integer"})
    assert "TieringShape" in json.dumps(whole["paths"]["/v1/pyramid"])
    order = whole["paths"]["/v1/orders"]["post"]
    assert order["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/OrderCreate"}
    assert "202" in order["responses"]
    assert "patron.intake" in (await client.get("/asyncapi.yaml")).text


async def test_the_contract_is_whole_or_it_is_not_there(
    client: httpx.AsyncClient, behind: ServicesBehind, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [time.monotonic()]
    monkeypatch.setattr(handlers.time, "monotonic", lambda: clock[0])
    part: dict[str, Any] = {"paths": {"/v1/holds": {"get": {"operationId": "show", "responses": {"200": {}}}}}}
    for name in handlers.SERVICES:
        behind.answers[name] = lambda _: httpx.Response(200, json={"paths": {}})
    garbage = (httpx.Response(500), httpx.Response(200, text="{"), httpx.Response(200, json=[]), httpx.Response(200))
    for answer in garbage:
        behind.answers["loyalty"] = lambda _, answer=answer: answer  # type: ignore[misc]
        refused = await client.get("/openapi.json")
        assert (refused.status_code, refused.json()["code"]) == (503, "contract_not_whole")
        assert (refused.json()["missing"], refused.headers["retry-after"]) == (["loyalty"], "5")
        clock[0] += 6
    behind.answers["loyalty"] = lambda _: httpx.Response(200, json=part)
    assert "/v1/holds" in (await client.get("/openapi.json")).json()["paths"]
    behind.answers["loyalty"] = lambda _: httpx.Response(503)
    clock[0] += 301
    assert "/v1/holds" in (await client.get("/openapi.json")).json()["paths"], "the part it answered with last"
    behind.answers["loyalty"] = lambda _: httpx.Response(200, json={"paths": {}})
    clock[0] += 6
    assert "/v1/holds" not in (await client.get("/openapi.json")).json()["paths"], "asked again soon after"


async def test_health_of_the_whole(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    behind.answers["profile"] = lambda _: httpx.Response(503)
    health = (await client.get("/v1/health")).json()
    assert health["state"] == "degraded"
    assert {service["name"]: service["state"] for service in health["services"]} == {
        "profile": "not_ready", "tiering": "ready", "complaint": "ready", "loyalty": "ready",
    }  # fmt: skip
