"""Many customer files at the gateway's door (P12): references get the registry's ids, results keep their lines."""

import json
from typing import Any
from uuid import uuid4

import httpx

from shared.messaging import Database
from tests.gateway.behind import ServicesBehind, client
from tests.gateway.bodies import a_partner, an_order, code_of, place, registered_refs

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"
NDJSON = {"Content-Type": "application/x-ndjson"}


def opened(request: httpx.Request) -> httpx.Response:
    """Profile, which opens whatever it is handed."""
    files = [json.loads(line) for line in request.content.splitlines()]
    results = [{"line": n, "status": 201, "id": result.get("id", str(uuid4()))} for n, result in enumerate(files, 1)]
    return httpx.Response(200, content="\n".join(map(json.dumps, results)), headers=NDJSON)


async def sent(client: httpx.AsyncClient, lines: list[Any], **headers: str) -> list[dict[str, Any]]:
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    answer = await client.post("/v1/customers:batch", content=body, headers=NDJSON | headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def a_file(ref: str | None = None, **more: Any) -> dict[str, Any]:
    return {"kind": "person", **more} | ({"reference": {"source": "demo", "ref": ref}} if ref is not None else {})


async def test_P12_files_get_the_registrys_ids_and_results_their_lines(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, database: Database
) -> None:
    behind.answers["profile"] = opened
    ordered = await place(client, an_order("1", customer={"source": "demo", "ref": "17"}))
    results = await sent(client, [
        a_file("17"), "{not json", a_file("18"), a_file("1", id=str(uuid4())), a_file(), a_file("18"),
        a_file("1") | {"reference": {"source": "nobody", "ref": "1"}}, [], a_file() | {"reference": {"ref": 7}},
    ])  # fmt: skip
    assert [(result["line"], result["status"], result.get("code")) for result in results] == [
        (1, 201, None), (2, 400, "malformed_json"), (3, 201, None), (4, 422, "extra_forbidden"), (5, 201, None),
        (6, 201, None), (7, 422, "unknown_source"), (8, 422, "validation_failed"), (9, 422, "validation_failed"),
    ]  # fmt: skip
    assert results[0]["id"] == ordered["customer_id"]
    assert results[2]["id"] == results[5]["id"]
    assert (results[6]["errors"][0]["pointer"], results[8]["errors"][0]["pointer"]) == (
        "/reference/source",
        "/reference/ref",
    )
    ((service, request),) = behind.requests
    files = [json.loads(line) for line in request.content.splitlines()]
    assert (service, len(files), request.url.path) == ("profile", 4, "/v1/customers:batch")
    assert files[1]["reference"] == {"source": "demo", "ref": "18"}
    assert await registered_refs(database, await announced()) == ["17", "18"]
    by_reference = await place(client, an_order("2", customer={"source": "demo", "ref": "18"}))
    assert by_reference["customer_id"] == results[2]["id"]
    # a file without a reference is known at once too
    assert (await place(client, an_order("3", customer={"id": results[4]["id"]})))["customer_id"] == results[4]["id"]


async def test_P12_sent_again_after_profile_was_away_nobody_gets_a_second_id(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any
) -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("x")

    behind.answers["profile"] = away
    body = json.dumps(a_file("1")) + "\n" + json.dumps(a_file("2"))
    answer = await client.post("/v1/customers:batch", content=body, headers=NDJSON)
    assert code_of(answer) == (503, "service_unavailable")
    offered = [json.loads(line)["id"] for line in behind.requests[0][1].content.splitlines()]
    assert await announced() == []
    behind.answers["profile"] = opened
    assert [result["id"] for result in await sent(client, [a_file("1"), a_file("2")])] == offered
    assert len(await announced()) == 2


async def test_P12_a_refused_line_leaves_no_customer(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, database: Database
) -> None:
    def some(request: httpx.Request) -> httpx.Response:
        results = [json.loads(line) for line in opened(request).text.splitlines()]
        results[1] = {"line": 2, "status": 422, "code": "validation_failed"}
        results[2] = {"line": 3, "status": 409, "code": "file_exists", "customer_id": results[2]["id"]}
        return httpx.Response(200, content="\n".join(map(json.dumps, results)), headers=NDJSON)

    behind.answers["profile"] = some
    results = await sent(client, [a_file("1"), a_file("2"), a_file("3"), a_file()])
    assert [result["status"] for result in results] == [201, 422, 409, 201]
    assert await registered_refs(database, await announced()) == ["1", "3"]


async def test_G1_files_are_not_for_partners_to_open(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    _, key = await a_partner(client, "a")
    answer = await client.post("/v1/customers:batch", content=json.dumps(a_file("1")), headers=NDJSON | key)
    assert code_of(answer) == (403, "forbidden")
    assert behind.requests == []


async def test_P12_what_is_no_batch_is_not_handed_on(
    client: httpx.AsyncClient, behind: ServicesBehind, as_role: Any
) -> None:
    for content, headers, status, code in (
        ("\n".join(["{}"] * 1001), NDJSON, 422, "too_many_customers"),
        ("{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        ("{}", NDJSON | as_role("auditor"), 403, "forbidden"),
    ):
        answer = await client.post("/v1/customers:batch", content=content, headers=headers)
        assert code_of(answer) == (status, code)
    assert await sent(client, ["", "nonsense"]) == [
        {"line": 1, "status": 400, "code": "malformed_json"}
        | {"type": "/docs/errors#malformed_json", "title": "Bad Request"}
        | {"detail": "The body is not JSON in UTF-8."}
    ]
    assert behind.requests == []
