"""What every service answers beside its own routes: health, metrics, contract, `/internal`; and what its logs say."""

import io
import json
import logging
import re
from collections.abc import Callable
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI
from openapi_spec_validator import validate

from shared.chassis.observability.logs import write_logs
from shared.chassis.observability.tracing import continue_trace
from shared.messaging import Database
from shared.messaging.epochs import is_same_life, new_epoch, number_of

Headers = Callable[..., dict[str, str]]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_health_metrics_and_contract_are_open(client: httpx.AsyncClient) -> None:
    await client.get("/v1/things", headers={"Authorization": "none"})
    for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/docs"):
        assert (await client.get(path, headers={"Authorization": "none"})).status_code == 200, path
    text = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/v1/things",status="401"} 1.0' in text
    assert "patron_outbox_depth" in text


async def test_unknown_paths_do_not_fill_the_metrics(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await client.request("ODD", f"/nowhere/{number}")
    text = (await client.get("/metrics")).text
    assert 'http_requests_total{method="OTHER",route="(none)",status="404"} 5.0' in text
    assert "nowhere" not in text


async def test_the_contract_is_valid_and_tells_the_truth(app: FastAPI, client: httpx.AsyncClient) -> None:
    contract = (await client.get("/openapi.json")).json()
    validate(contract)
    assert contract["openapi"].startswith("3.1")
    create = contract["paths"]["/v1/things"]["post"]
    assert create["operationId"] == "createThing"
    assert create["security"] == [{"bearer": ["customers:write"]}]
    assert {"400", "401", "403", "409", "413", "415", "422", "503"} <= set(create["responses"])
    assert [parameter["name"] for parameter in create["parameters"]] == ["Idempotency-Key"]
    assert contract["paths"]["/v1/open"]["get"]["security"] == []
    assert "404" in contract["paths"]["/v1/things/{thing_id}"]["get"]["responses"]
    assert "HTTPValidationError" not in contract["components"]["schemas"]
    everything = contract["components"]["schemas"]["Everything"]["properties"]
    assert everything["amount"]["anyOf"][0]["type"] == "string"
    assert everything["id"]["anyOf"][0] == {"type": "string", "format": "uuid"}


async def test_internal_is_for_services_only(client: httpx.AsyncClient, as_role: Headers, as_service: Headers) -> None:
    for path in ("/internal/status", "/internal/parked", "/internal/streams/patron.profile/heads"):
        assert (await client.get(path, headers=as_role("manager"))).status_code == 403
        assert (await client.get(path, headers=as_service("tiering"))).status_code == 200


async def test_a_subscriber_can_pull_a_stream_from_its_owner(
    client: httpx.AsyncClient, as_service: Headers, announced: Callable[..., object]
) -> None:
    made = [(await client.post("/v1/things", json={"name": name})).json()["id"] for name in "ab"]
    heads = (await client.get("/internal/streams/patron.intake/heads", headers=as_service())).json()
    assert [head["key"] for head in heads["heads"]] == sorted(made)
    later = {"after": made[0], "changed_since": "2020-01-01T00:00:00Z"}
    page = await client.get("/internal/streams/patron.intake/heads", params=later, headers=as_service())
    assert [head["key"] for head in page.json()["heads"]] == [made[1]]
    answer = await client.get(f"/internal/streams/patron.profile/{made[0]}?from=1", headers=as_service())
    assert answer.json()["epoch"] == heads["epoch"]
    refused = await client.get(f"/internal/streams/patron.loyalty/{made[0]}", headers=as_service())
    assert (refused.status_code, refused.json()["code"]) == (404, "stream_not_found")


async def test_a_subscriber_tells_an_owner_of_an_epoch_that_its_backup_did_not_know(
    client: httpx.AsyncClient, as_service: Headers
) -> None:
    path = "/internal/streams/patron.profile/epoch"
    before = (await client.get("/internal/streams/patron.profile/c-1", headers=as_service())).json()["epoch"]
    known = await client.post(path, json={"seen": before}, headers=as_service())
    assert known.json() == {"epoch": before}
    higher = number_of(UUID(before)) + 7
    raised = await client.post(path, json={"seen": str(new_epoch(higher))}, headers=as_service())
    assert number_of(UUID(raised.json()["epoch"])) == higher + 1
    assert is_same_life(UUID(raised.json()["epoch"]), UUID(before))
    query = {"from": "1", "seen_epoch": str(new_epoch(higher))}
    answer = await client.get("/internal/streams/patron.profile/c-1", params=query, headers=as_service())
    assert answer.json()["epoch"] == raised.json()["epoch"]
    refused = await client.post(path, json={"seen": str(new_epoch(2**47))}, headers=as_service())
    assert (refused.status_code, refused.json()["code"]) == (422, "epoch_out_of_range")


async def test_an_owner_can_ask_whether_a_subscriber_is_past_numbers_of_its_topic(
    app: FastAPI, client: httpx.AsyncClient, as_role: Headers, as_service: Headers, database: Database
) -> None:
    app.state.service.subscriptions.topics.add("patron.intake")
    epoch, other = str(uuid4()), str(uuid4())
    await database.run(
        lambda tx: tx.raw.executemany(
            "insert into stream_seen (topic, key, epoch, last_seq, blocked_at) values ('patron.intake', $1, $2, 5, $3)",
            [("past", epoch, None), ("short", epoch, None), ("blocked", epoch, tx.at), ("other", other, None)],
        )
    )

    async def ask(topic: str, ends: dict[str, int]) -> httpx.Response:
        path = f"/internal/streams/{topic}/passed"
        return await client.post(path, json={"epoch": epoch, "ends": ends}, headers=as_service("gateway"))

    ends = {"past": 5, "short": 6, "blocked": 4, "other": 1, "unknown": 1}
    answer = (await ask("patron.intake", ends)).json()
    assert answer == {"subscribed": True, "not_past": ["blocked", "other", "short", "unknown"]}
    assert (await ask("patron.intake", {"past": 5})).json() == {"subscribed": True, "not_past": []}
    assert (await ask("patron.loyalty", ends)).json() == {"subscribed": False, "not_past": []}
    assert (await ask("patron.intake", {"past": 0})).status_code == 422
    question = {"epoch": epoch, "ends": {}}
    refused = await client.post("/internal/streams/patron.intake/passed", json=question, headers=as_role("manager"))
    assert refused.status_code == 403


async def test_what_is_not_parked_can_not_be_retried_or_dropped(client: httpx.AsyncClient, as_service: Headers) -> None:
    for what in ("retry", "drop"):
        answer = await client.post(f"/internal/parked/{uuid4()}/{what}", headers=as_service())
        assert (answer.status_code, answer.json()["code"]) == (404, "parked_not_found")


async def test_a_request_keeps_its_id_and_an_odd_one_is_replaced(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez", headers={"X-Request-ID": "abc-1"})).headers["X-Request-ID"] == "abc-1"
    assert len((await client.get("/livez", headers={"X-Request-ID": "a b"})).headers["X-Request-ID"]) == 32
    assert (await client.get("/livez")).headers["Cache-Control"] == "no-store"


async def test_an_event_carries_the_trace_of_its_request(client: httpx.AsyncClient, database: Database) -> None:
    await client.post("/v1/things", json={"name": "x"}, headers={"traceparent": TRACE})
    await client.post("/v1/things", json={"name": "y"}, headers={"traceparent": "nonsense"})
    rows = await database.run(lambda tx: tx.raw.fetch("select traceparent from outbox order by position"))
    assert rows[0]["traceparent"].startswith(TRACE[:36])
    assert rows[0]["traceparent"] != TRACE
    assert WELL_FORMED.fullmatch(rows[1]["traceparent"])  # begun at the door
    assert rows[1]["traceparent"][3:35] != TRACE[3:35]


WELL_FORMED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
ODD = (
    *(None, "", "nonsense", TRACE.upper(), TRACE + "-1", TRACE[:-1], TRACE + "\n", f" {TRACE}", "ff" + TRACE[2:]),
    *("00-" + "0" * 32 + TRACE[35:], TRACE[:36] + "0" * 16 + TRACE[52:], "01" + TRACE[2:] + "x"),
)


@pytest.mark.parametrize("odd", ODD)
def test_where_no_valid_trace_came_one_begins(odd: str | None) -> None:
    own, parent = continue_trace(odd)
    assert parent is None
    assert WELL_FORMED.fullmatch(own)
    assert own[3:35] != TRACE[3:35]


@pytest.mark.parametrize("received", [TRACE, "01" + TRACE[2:], "cc" + TRACE[2:] + "-of-tomorrow"])
def test_a_valid_trace_is_continued_with_a_span_of_its_own(received: str) -> None:
    own, parent = continue_trace(received)
    assert WELL_FORMED.fullmatch(own)
    assert (own[3:35], own[53:], parent) == (TRACE[3:35], TRACE[53:], TRACE)
    assert own[36:52] != TRACE[36:52]


def test_logs_are_json_lines_and_never_repeat_what_an_error_says(monkeypatch: pytest.MonkeyPatch) -> None:
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    monkeypatch.setattr("sys.stdout", written)
    try:
        write_logs("profile", "INFO")
        try:
            raise ValueError("Mrs Smith, 4711")
        except ValueError:
            structlog.get_logger().exception("it_failed")
            logging.getLogger("uvicorn.error").exception("it failed too")
        logging.getLogger("httpx").info("HTTP Request: GET http://profile/v1/customers?q=Smith-4711")
        structlog.get_logger().debug("unheard")
    finally:
        structlog.configure(**before)
        root.handlers, root.level = handlers, level
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["it_failed", "it failed too"]
    assert {line["error"] for line in lines} == {"builtins.ValueError"}
    assert {line["service"] for line in lines} == {"profile"}
    assert "4711" not in written.getvalue()
