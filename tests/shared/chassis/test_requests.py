"""One transaction a request: what is committed, rolled back, tried again, and refused, over HTTP on real Postgres."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.chassis import Ports
from shared.chassis.http.pages import read_cursor, write_cursor
from shared.errors import DomainError
from shared.messaging import Database
from tests import harness
from tests.shared.chassis import sample

Announced = Callable[[], Awaitable[list[Any]]]


async def things(database: Database) -> list[str]:
    rows = await database.run(lambda tx: tx.raw.fetch("select name from thing order by name"))
    return [row["name"] for row in rows]


async def test_a_change_and_its_event_are_committed_before_the_answer(
    client: httpx.AsyncClient, database: Database, announced: Announced
) -> None:
    answer = await client.post("/v1/things", json={"name": "客户"})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/things/{answer.json()['id']}"
    assert await things(database) == ["客户"]
    assert [str(event.customer_id) for event in await announced()] == [answer.json()["id"]]


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("conflict", 409, "already_there"),
        ("divide", 500, "internal_error"),
        ("violate", 500, "internal_error"),
        ("lose", 503, "try_again"),
    ],
)
async def test_an_error_leaves_nothing_behind_and_has_a_code(
    client: httpx.AsyncClient, database: Database, how: str, status: int, code: str
) -> None:
    answer = await client.post(f"/v1/fail/{how}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "left behind" not in answer.text
    assert await things(database) == []


async def test_the_service_recovers_after_its_connections_were_cut(
    client: httpx.AsyncClient, database: Database
) -> None:
    for _ in range(3):
        assert (await client.post("/v1/fail/lose")).headers["Retry-After"] == "1"
    assert (await client.post("/v1/things", json={"name": "after"})).status_code == 201


async def test_an_error_that_is_answered_and_not_raised_leaves_nothing_behind_either(
    client: httpx.AsyncClient, database: Database
) -> None:
    assert (await client.post("/v1/answer-with-an-error")).status_code == 409
    assert await things(database) == []


async def test_a_deadlock_runs_the_handler_again_from_the_start(client: httpx.AsyncClient, database: Database) -> None:
    answer = await client.post("/v1/clash", json={"name": "once"}, headers={"Idempotency-Key": "clash"})
    assert answer.json() == {"tries": 3}
    assert await things(database) == ["once"]


async def test_a_domain_error_tells_its_facts(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/fail/conflict")).json() == {
        "type": "/docs/errors#already_there",
        "title": "Conflict",
        "status": 409,
        "code": "already_there",
        "detail": "It is there already.",
        "existing": "7",
    }


@pytest.mark.parametrize("path", ["/v1/things/7", "/v1/things/{}", "/v1/things/0190000000007000800000000000000", "/v2"])
async def test_an_unknown_id_is_404_whatever_it_looks_like(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_wrong_method_is_405_and_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/v1/things")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST"


async def test_a_version_that_was_changed_meanwhile_is_412_and_none_is_428(client: httpx.AsyncClient) -> None:
    made = (await client.post("/v1/things", json={"name": "one"})).json()
    path = f"/v1/things/{made['id']}"
    etag = (await client.get(path)).headers["ETag"]
    assert (await client.patch(path, json={"name": "x"})).json()["code"] == "version_needed"
    assert (await client.patch(path, json={"name": "two"}, headers={"If-Match": etag})).status_code == 200
    again = await client.patch(path, json={"name": "three"}, headers={"If-Match": etag})
    assert (again.status_code, again.json()["code"]) == (412, "changed_meanwhile")


async def test_pages_follow_one_another_without_gap_or_overlap(client: httpx.AsyncClient) -> None:
    for name in "edcba":
        await client.post("/v1/things", json={"name": name})
    seen, cursor = [], None
    while True:
        page = (await client.get("/v1/things", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list("abcde")


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJhIiwgImIiXQ", "AAAA", "é", "WyJcdTAwMDAiLCJhIl0"])
async def test_a_cursor_that_is_not_ours_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/v1/things", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (datetime, "0001-01-01T00:00:00+23:59"),
        (datetime, "9999-12-31T23:59:59-23:59"),
        (datetime, "2026-01-01T00:00:00"),
        (Decimal, "1e999999"),
        (Decimal, "-1e400"),
        (Decimal, "1e-999999"),
        (Decimal, "0e999999"),
        (Decimal, "NaN"),
        (int, "9" * 5000),
        (int, str(2**63)),
    ],
)
def test_a_cursor_of_what_no_database_keeps_is_refused(type_: type, text: str) -> None:
    with pytest.raises(DomainError, match="invalid_cursor"):
        read_cursor(write_cursor([text]), type_)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=UTC), Decimal("12.5000"), Decimal("-99999999999999999999.9999"),
        Decimal("0.333333333333333333333333333333"), date(2026, 3, 1), -(2**63), "a b", UUID(int=7),
    ],
)  # fmt: skip
def test_a_cursor_says_what_was_written(value: object) -> None:
    assert read_cursor(write_cursor([value]), type(value)) == (value,)
    assert str(read_cursor(write_cursor([value]), type(value))[0]) == str(value)  # type: ignore[index]


@pytest.mark.parametrize("limit", ["0", "201", "x", "1.5", ""])
async def test_a_page_has_1_to_200_items(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get("/v1/things", params={"limit": limit})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == "/limit"


async def test_without_a_database_it_says_try_again_and_stays_alive(keys: harness.Keys) -> None:
    settings = sample.Settings(database_url="postgresql://a:b@127.0.0.1:9/none", keys=keys.directory)
    app = sample.create_app(settings, Ports(running=False, logs=False))
    async with harness.client_of(app, harness.AsAdmin(keys, "profile")) as client:
        answer = await client.post("/v1/things", json={"name": "one"})
        assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
        assert (await client.get("/readyz")).json()["reasons"][0].startswith("database: does not answer")
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/v1/open")).status_code == 200
