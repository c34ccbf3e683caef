"""Every operation that reads JSON, of every service, refuses what is too deep, too much or too large unparsed."""

import time
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared.chassis.http.body_limit import BATCH, RECORD, body_limit
from shared.chassis.http.json_structure import MOST_VALUES
from tests import harness
from tests.security.test_hostile_input import UUID, filled, operations

REFUSED = {401, 403, 404, 413, 422}  # another refusal may come first: of who may not, or of what is not there
LONGEST = 0.05  # seconds of this thread's own work


@pytest.fixture(params=harness.SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def admin(app: FastAPI, service: str, keys: harness.Keys) -> AsyncIterator[httpx.AsyncClient]:
    async with harness.client_of(app, harness.AsAdmin(keys, service)) as client:
        yield client


async def quickest(client: httpx.AsyncClient, method: str, url: str, body: bytes, media_type: str) -> tuple[int, str]:
    """Status and code of the answer; an attack that takes long each of three times fails."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        answer = await client.request(method, url, content=body, headers={"Content-Type": media_type})
        took.append(time.thread_time() - began)
        if took[-1] < LONGEST:
            break
    assert min(took) < LONGEST, f"{method} {url} {answer.text[:100]} took {took}"
    return answer.status_code, str(answer.json().get("code"))


async def test_no_operation_parses_what_is_too_deep_too_much_or_too_large(
    admin: httpx.AsyncClient, app: FastAPI
) -> None:
    codes: dict[str, set[str]] = {"deep": set(), "many": set(), "large": set()}
    for method, path, operation in operations(app.openapi()):
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            continue
        limit = body_limit(path)
        attacks = {
            "deep": b'{"a":' + b"[" * (limit - 5),
            "many": b"[" + b"0," * min(MOST_VALUES + 1, limit // 2 - 1),
            "large": b"[" * (limit + 1),
        }
        for name, body in attacks.items():
            status, code = await quickest(admin, method, filled(path, UUID), body, "application/json")
            assert status in REFUSED or (name == "many" and limit < 2 * MOST_VALUES), (method, path, name, status, code)
            codes[name].add(code)
    assert "too_deep" in codes["deep"]
    assert codes["large"] == {"body_too_large"}


@pytest.mark.parametrize("service", ["gateway", "profile"], indirect=True)
async def test_each_line_of_a_batch_is_bounded(admin: httpx.AsyncClient, service: str) -> None:
    paths = ["/v1/orders:batch", "/v1/customers:batch"] if service == "gateway" else ["/v1/customers:batch"]
    lines = [b"[" * 1000, b"[" + b"0," * MOST_VALUES + b"0]", b'"' + b"x" * RECORD + b'"']
    for path in paths:
        answer = await admin.post(path, content=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code == 200, answer.text
        for line, code in zip(answer.text.splitlines(), ("too_deep", "too_many_values", "line_too_large"), strict=True):
            assert f'"code":"{code}"' in line
        for body in (b"\n" * 3000, b"{}\n" * 1001):
            answer = await admin.post(path, content=body, headers={"Content-Type": "application/x-ndjson"})
            assert answer.status_code == 422
        large = await admin.post(path, content=b" " * (BATCH + 1), headers={"Content-Type": "application/x-ndjson"})
        assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
