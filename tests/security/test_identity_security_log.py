"""Security events are logged and counted, with who it was and never with a secret; a flood of them writes no flood."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs

from shared.chassis.observability.security_log import (
    MOST_LINES,
    SECURITY_EVENTS,
    SecurityLog,
    event_of,
)
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import NOBODY, a_partner, an_order

SERVICE = "gateway"
Line = dict[str, Any]


@pytest.fixture(autouse=True)
def as_in_earnest() -> Iterator[None]:
    """Lines of the level INFO too, which other tests do without."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


@pytest.fixture
async def client(app: FastAPI, keys: harness.Keys) -> AsyncIterator[httpx.AsyncClient]:
    async with harness.client_of(app, harness.AsAdmin(keys, "gateway")) as client:
        yield client


def security_lines(lines: list[Any]) -> list[Line]:
    """But for the sums of floods: applications of tests before write theirs a second later."""
    return [line for line in lines if line["event"] in ("security_event", "client_error") and "more" not in line]


def counted(app: FastAPI, event: str) -> float:
    return float(app.state.service.metrics.registry.get_sample_value("patron_security_events_total", {"event": event}))


async def test_each_kind_is_logged_with_who_it_was(client: httpx.AsyncClient, app: FastAPI) -> None:
    partner_id, key = await a_partner(client)
    secret = key["Authorization"].removeprefix("Bearer ")
    key_id = (await client.get(f"/v1/partners/{partner_id}/keys")).json()["items"][0]["id"]
    wrong = {"Authorization": f"Bearer {secret[:-4]}~~~~"}
    with capture_logs() as lines:
        await client.get(f"/v1/orders/{NOBODY}?who=Moriarty", headers=wrong)
        await client.get("/v1/orders/x?who=Moriarty", headers={"Authorization": ""})
        await client.get("/v1/partners", headers=key)
        await client.get(f"/v1/orders/{NOBODY}", headers=key)
        await client.post("/v1/orders", content=b"{", headers=key | {"Content-Type": "application/json"})
        await client.get("/v1/partners", headers=key | {"If-Match": "a"} | {"Accept": "\x01"})
        await client.post("/v1/orders", json=an_order("1", customer={"ref": "c"}, currency="x"), headers=key)
        await client.delete(f"/v1/partners/{partner_id}/keys/{key_id}")
        await client.get(f"/v1/orders/{NOBODY}", headers=key)
        token = (await client.post("/dev/token", json={"role": "agent"})).json()["access_token"]
        await client.post("/v1/sign-out", headers={"Authorization": f"Bearer {token}"})
    logged = [
        (line.get("kind", line["event"]), line.get("route"), line.get("status"), line.get("code"))
        for line in security_lines(list(lines))
    ]
    order = "/v1/orders/{order_id}"
    assert logged == [
        ("sign_in_failed", order, 401, "token_invalid"),
        ("not_signed_in", order, 401, "unauthenticated"),
        ("forbidden", "/v1/partners", 403, "forbidden"),
        ("hidden_from_partner", order, 404, "order_not_found"),
        ("malformed", "/v1/orders", 400, "malformed_json"),
        ("malformed", "(none)", 422, "invalid_text"),
        ("client_error", "/v1/orders", 422, "validation_failed"),
        ("key_revoked", None, None, None),
        ("sign_in_failed", order, 401, "key_revoked"),
        ("token_issued", None, None, None),
        ("signed_out", None, None, None),
    ]
    by_kind = {line.get("kind", line["event"]): line for line in security_lines(list(lines))}
    assert by_kind["sign_in_failed"]["key_id"] == key_id
    assert by_kind["sign_in_failed"]["address"] == "127.0.0.1"
    assert by_kind["client_error"]["client"] == f"partner:{partner_id}"
    assert by_kind["client_error"]["caller"] == f"partner:{partner_id}/{key_id}"
    assert by_kind["key_revoked"]["client"] == "person:admin-1"
    assert by_kind["signed_out"]["client"] == "person:dev-agent"
    written = json.dumps(list(lines), default=str)
    for secret_text in (secret, secret[-20:], "~~~~", token, token.rpartition(".")[2], "Moriarty", NOBODY):
        assert secret_text not in written
    for event in ("sign_in_failed", "forbidden", "malformed"):
        assert counted(app, event) >= 1


async def test_every_limit_that_is_reached_is_logged(database: Database, keys: harness.Keys) -> None:
    app = harness.app_of("gateway", database, keys, requests_per_address=0.001, address_burst=6, failed_sign_ins=1)
    async with harness.client_of(app, None) as client:
        with capture_logs() as lines:
            await client.post("/dev/token", content=b"x" * 3_000_000)
            for _ in range(3):  # the third one is told after a second
                await client.get("/v1/partners", headers={"Authorization": f"Bearer pk_{uuid4().hex}_x"})
            for _ in range(6):
                await client.get("/livez")
    kinds = {line.get("kind", line["event"]) for line in security_lines(list(lines))}
    assert {"too_large", "sign_in_failed", "sign_ins_limited", "limit_reached"} <= kinds


def a_log() -> tuple[SecurityLog, Counter, list[float]]:
    counter = Counter("patron_security_events", "x", ["event"], registry=CollectorRegistry())
    now = [100.0]
    return SecurityLog(counter, lambda: now[0]), counter, now


def test_a_flood_of_one_kind_by_one_caller_is_a_line_a_second_and_a_sum() -> None:
    security_log, counter, now = a_log()
    with capture_logs() as lines:
        for step in range(3000):
            now[0] = 100.0 + step / 1000
            security_log.refused(401, "token_invalid", presented=True, partner=False, address="10.0.0.1")
        now[0] += 1.0
        security_log.close_windows()
    assert counter.labels("sign_in_failed")._value.get() == 3000
    assert len(lines) == 6
    assert [line.get("more") for line in lines] == [None, 999, None, 999, None, 999]
    assert sum(line.get("more", 1) for line in lines) == 3000


def test_a_flood_from_everywhere_is_a_bounded_number_of_lines() -> None:
    security_log, counter, now = a_log()
    with capture_logs() as lines:
        for number in range(20_000):
            security_log.refused(401, "token_invalid", presented=True, partner=False, address=f"10.0.{number}")
        now[0] += 1.5
        security_log.close_windows()
    assert counter.labels("sign_in_failed")._value.get() == 20_000
    assert len(lines) == MOST_LINES + 1
    assert lines[-1]["event"] == "security_events_without_line"
    assert lines[-1]["sign_in_failed"] == 20_000 - MOST_LINES
    assert len(security_log._windows) == 0


async def test_the_sum_of_a_flood_is_written_when_it_is_over_without_another_event() -> None:
    counter = Counter("patron_security_events", "x", ["event"], registry=CollectorRegistry())
    security_log = SecurityLog(counter)
    partner = f"partner:{uuid4()}"  # applications of tests before may have sums to write as well
    with capture_logs() as lines:
        for _ in range(50):
            security_log.record("forbidden", client=partner)
        deadline = asyncio.get_running_loop().time() + 30
        while sum(line.get("more", 1) for line in lines if line.get("client") == partner) < 50:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
    own = [line.get("more") for line in lines if line.get("client") == partner]
    assert own[0] is None
    assert sum(more or 1 for more in own) == 50
    assert len(own) <= 4  # two, where no second was over meanwhile


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 415, 421, 422, 428, 429, 431])
@pytest.mark.parametrize("code", [None, "not_found", "customer_not_found", "invalid_text", "too_many_failed_sign_ins"])
def test_every_refusal_is_of_a_kind_that_is_counted_or_of_none(status: int, code: str | None) -> None:
    for presented in (False, True):
        for partner in (False, True):
            event = event_of(status, code, presented=presented, partner=partner)
            assert event is None or event in SECURITY_EVENTS
            if status in (400, 401, 403, 413, 421, 429, 431):
                assert event is not None


def test_a_refusal_of_nobody_known_that_tells_nothing_has_no_line() -> None:
    security_log, _, _ = a_log()
    with capture_logs() as lines:
        security_log.refused(404, "not_found", presented=False, partner=False, address="10.0.0.1")
        security_log.refused(409, "conflict", presented=True, partner=False, client="person:ann", caller="a" * 5000)
    assert [line["event"] for line in lines] == ["client_error"]
    assert len(lines[0]["caller"]) == 200
