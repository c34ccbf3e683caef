"""Nothing that is sent breaks a service: hostile bodies, paths, queries and headers get a 4xx with a code, never a 5xx.

Every operation of every service is taken from its own contract, so that a new route is tested the day it is written.
"""

import json
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.messaging import Database
from tests import harness

UUID = "0190a000-0000-7000-8000-00000000000a"
HOSTILE: list[Any] = [
    *(None, True, -1, 0, 2**31, 2**63, 2**70, -(2**63) - 1, 1e308, 0.1, [], {}, [[]], [None], {"a": {"b": []}}),
    *(
        "",
        " ",
        "a\0b",
        "\ud800",
        "x" * 5000,
        "'; drop table outbox; --",
        "٣",
        "NaN",
        "Infinity",
        "1e999",
        "-0",
        "😀" * 300,
    ),
    *(
        "9999-12-31T23:59:59.999999-23:59",
        "0001-01-01T00:00:00+23:59",
        "2199-12-31T23:59:59Z",
        "1800-01-01",
        "2024-02-30",
    ),
    *("99999999999999.9999", "-1", "0.00001", UUID, "\u202e", "%", "_", "\\", "\n", "${jndi:x}", "<script>"),
]
SHARE, LARGER_SHARE = 12, 6  # each place in a body gets one of so many of them, the next place the next one
PATHS = [UUID, "0", "%00", "%ff", "a%2Fb", "%E5%AE%A2", "..%2f..", "x" * 2000, "%F0%9F%98%80", "'"]
QUERIES = ["", "a%00b", "x" * 3000, "-1", "99999999999999999999", "%25_", "2025-13-01", "%E5%AE%A2"]
HEADERS = ("Idempotency-Key", "If-Match", "traceparent", "X-Request-ID", "Content-Type", "Range")


@pytest.fixture(params=harness.SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def hostile_client(app: FastAPI, service: str, keys: harness.Keys) -> AsyncIterator[httpx.AsyncClient]:
    async with harness.client_of(app, harness.AsAdmin(keys, service)) as client:
        yield client


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in contract["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield method.upper(), path, item[method]


def example(schema: dict[str, Any], contract: dict[str, Any], depth: int = 0) -> Any:
    """A value that the schema accepts, or nearly."""
    if "$ref" in schema:
        return example(contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]], contract, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example(schema[choice][0], contract, depth + 1)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("examples"):
        return schema["examples"][0]
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {}) if depth < 8 else {}
        return {name: example(field, contract, depth + 1) for name, field in fields.items()}
    if kind == "array":
        return [example(schema.get("items", {}), contract, depth + 1)]
    texts = {"uuid": UUID, "date-time": "2025-03-01T09:30:00Z", "date": "2025-03-01", "decimal": "1.00"}
    simple = {"integer": 1, "number": 1, "boolean": True, "null": None}
    return texts.get(schema.get("format", ""), "USD") if kind == "string" else simple.get(str(kind), "x")


def spoiled(body: Any, share: int) -> Iterator[Any]:
    """The body with one place after another replaced by something hostile; every place gets its share of it."""
    yield from ({}, [], "x", None, 7)
    for number, place in enumerate(places(body)):
        for value in HOSTILE[number % share :: share]:
            copy = deepcopy(body)
            node = copy
            for step in place[:-1]:
                node = node[step]
            node[place[-1]] = value
            yield copy
    if isinstance(body, dict):
        yield body | {"unknown": 1}
        yield body | {"a\0": 1}


def places(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in steps:
        yield (*above, step)
        yield from places(child, (*above, step))


async def said_right(client: httpx.AsyncClient, method: str, url: str, **more: Any) -> str | None:
    """None when the answer is fine, or what is wrong with it."""
    answer = await client.request(method, url, **more)
    if answer.status_code >= 400 and "code" not in (answer.json() if answer.content else {}):
        return f"{method} {url[:120]} {answer.status_code} without a code"
    away = answer.status_code in (502, 503, 504) and answer.json()["code"] != "try_again"  # what is behind the gateway
    if answer.status_code >= 500 and not away:
        return f"{method} {url[:120]} {answer.status_code} {str(more)[:300]}"
    return None


@pytest.mark.parametrize("share", [SHARE, pytest.param(LARGER_SHARE, marks=pytest.mark.chaos)])
async def test_no_body_breaks_a_service(
    hostile_client: httpx.AsyncClient, app: FastAPI, database: Database, share: int
) -> None:
    contract = app.openapi()
    wrong: list[str] = []
    for method, path, operation in operations(contract):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        for body in spoiled(example(content["schema"], contract), share):
            problem = await said_right(
                hostile_client,
                method,
                filled(path, UUID),
                content=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
            wrong += [problem] if problem else []
    assert wrong[:20] == []


async def test_no_path_query_or_header_breaks_a_service(hostile_client: httpx.AsyncClient, app: FastAPI) -> None:
    wrong: list[str] = []
    for method, path, operation in operations(app.openapi()):
        urls = [filled(path, value) for value in PATHS] if "{" in path else [path]
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                urls += [f"{filled(path, UUID)}?{parameter['name']}={value}" for value in QUERIES]
        for url in urls:
            problem = await said_right(hostile_client, method, url)
            wrong += [problem] if problem else []
        for value in (b"", b"\xff\xfe", b"a\0b", b"x" * 5000, b'"'):
            headers = [(name.encode(), value) for name in HEADERS]
            problem = await said_right(hostile_client, method, filled(path, UUID), headers=headers)
            wrong += [problem] if problem else []
    assert wrong[:20] == []


def filled(path: str, value: str) -> str:
    while "{" in path:
        start, _, rest = path.partition("{")
        path = start + value + rest.partition("}")[2]
    return path


async def test_nobody_gets_in_without_a_token(hostile_client: httpx.AsyncClient, app: FastAPI) -> None:
    contract = app.openapi()
    for method, path, operation in operations(contract):
        if operation.get("security"):
            answer = await hostile_client.request(method, filled(path, UUID), headers={"Authorization": "Bearer x"})
            assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized"), (method, path)
