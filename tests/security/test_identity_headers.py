"""No header breaks anything: bytes that are no text, in every header that is read or handed on, at every operation.

Every operation of the public contract is asked through the gateway, with the services themselves behind it, and every
operation of each service is asked behind the gateway's back.
"""

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.access.routes import rate_limit
from services.gateway.forwarding.handlers.calls import FORWARDED_REQUEST_HEADERS
from tests import harness
from tests.security.whole import Whole, filled, operations, whole_system

BAD = (b"\xe9\xff", "ключ".encode(), b"a\x01b", b"\x7f")
IGNORED = (b"x-request-id", b"traceparent", b"tracestate", b"user-agent", b"cookie", b"x-forwarded-for", b"x-any")
READ = tuple(sorted({name.encode() for name in FORWARDED_REQUEST_HEADERS} | {b"range", b"if-modified-since"}))
SOURCES = ("services/gateway", "shared/chassis")
ROOT = Path(__file__).resolve().parents[2]


async def broken(client: httpx.AsyncClient, method: str, path: str, *headers: tuple[bytes, bytes]) -> str | None:
    """None for a proper answer, else what was wrong with it. Of several headers, all are such as are ignored."""
    answer = await client.request(method, filled(path), headers=headers)
    code = answer.json().get("code") if answer.status_code >= 400 and answer.content else None
    problem = f"{method} {path} {headers}: {answer.status_code} {code}"
    if answer.status_code >= 500:
        return problem
    name = headers[0][0]
    if name in IGNORED or (method == "GET" and name == b"idempotency-key"):
        return problem if code == "invalid_text" else None
    expected = "invalid_idempotency_key" if name == b"idempotency-key" else "invalid_text"
    if method == "HEAD":  # says no code
        return None if answer.status_code == 422 else problem
    return None if (answer.status_code, code) == (422, expected) else problem


async def wrong_with(client: httpx.AsyncClient, number: int, method: str, path: str) -> list[str]:
    """What is wrong with the answers of one operation: to each header that is read, to all that are ignored at once,
    and to credentials that are no text."""
    values = [BAD[(number + offset) % len(BAD)] for offset in range(len(READ))]
    problems = [await broken(client, method, path, header) for header in zip(READ, values, strict=True)]
    ignored = [(name, BAD[(number + offset) % len(BAD)]) for offset, name in enumerate(IGNORED)]
    problems.append(await broken(client, method, path, *ignored))
    answer = await client.request(method, filled(path), headers=[(b"authorization", b"Bearer \xe9\xff")])
    if answer.status_code != 401 and (method, path) != ("POST", "/dev/token"):
        problems.append(f"{method} {path} authorization: {answer.status_code}")
    return [problem for problem in problems if problem]


async def test_no_header_breaks_an_operation_of_the_contract(
    databases: harness.Databases, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "HELD_SECONDS", 0.0)  # who is refused often waits, which is tested elsewhere
    async with whole_system(databases, keys, failed_sign_ins=100_000) as whole:
        everything = list(operations(await whole.contract()))
        assert len(everything) > 180
        wrong: list[str] = []
        for number, (method, path) in enumerate(everything):
            wrong += await wrong_with(whole.client, number, method, path)
        assert wrong[:20] == [], len(wrong)


@pytest.mark.parametrize("service", [name for name in harness.SERVICES if name != "gateway"])
async def test_no_header_breaks_a_service(databases: harness.Databases, keys: harness.Keys, service: str) -> None:
    async with whole_system(databases, keys) as whole:
        app = whole.apps[service]
        wrong: list[str] = []
        async with harness.client_of(app, harness.AsAdmin(keys, service)) as client:
            for number, (method, path) in enumerate(operations(app.openapi())):
                for name in (b"idempotency-key", b"if-match", b"x-request-id", b"traceparent"):
                    problem = await broken(client, method, path, (name, BAD[number % len(BAD)]))
                    wrong += [problem] if problem else []
        assert wrong[:20] == [], len(wrong)


async def test_a_query_of_plain_letters_beyond_ascii_is_handed_on(
    databases: harness.Databases, keys: harness.Keys
) -> None:
    """Not every client escapes what it sends: bytes of UTF-8 mean the same as their escaped form."""
    async with whole_system(databases, keys) as whole:
        for query in (b"q=\xc3\xa9t\xc3\xa9", b"q=%C3%A9t%C3%A9", b"q=a b", b'q=<>"|^`{}'):
            assert await status_of(whole, keys, query) in (200, 422), query
        assert await status_of(whole, keys, b"q=\xe9") == 422


async def status_of(whole: Whole, keys: harness.Keys, query: bytes) -> int:
    """The status of a list of customers, asked with a query as it is (httpx would escape it)."""
    authorization = keys.headers("gateway")["Authorization"].encode()
    scope = {
        "type": "http", "method": "GET", "path": "/v1/customers", "raw_path": b"/v1/customers", "query_string": query,
        "headers": [(b"authorization", authorization)], "client": ("127.0.0.1", 1), "server": ("test", 80),
        "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    await whole.apps["gateway"](scope, receive, send)
    return statuses[0]


def test_every_header_that_is_read_is_held_to_ascii() -> None:
    """A header that somebody begins to read has to be put on a list of this test, and into the layer's."""
    read: set[str] = set()
    pattern = re.compile(r"headers\.(?:get|getlist)\(\s*\"([a-z-]+)\"|headers\[\"([a-z-]+)\"\](?! =)")
    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("*.py")):
            read |= {first or second for first, second in pattern.findall(file.read_text())}
    answers = {"allow", "location", "age", "expires", "date", "cache-control", "retry-after", "link"}
    framing = {"content-length"}  # what a server lets through is digits: shared/chassis/connections
    known = {name.decode() for name in (*READ, *IGNORED)} | framing | {"authorization", "sec-fetch-site"}
    assert read - answers <= known
