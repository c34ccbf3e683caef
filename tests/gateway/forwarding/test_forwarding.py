"""What the gateway hands on, to whom, with which headers; and what it says when nobody answers."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.gateway.forwarding.domain.paths import customer_in, service_for
from shared.chassis.access.tokens import Verifier
from shared.messaging import Database
from tests import harness
from tests.gateway.behind import ServicesBehind, client
from tests.gateway.bodies import a_partner, an_order, code_of, place, registered_refs

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"

ID = "01890000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        (f"customers/{ID}/points", "loyalty"),
        (f"customers/{ID}/points/redemptions", "loyalty"),
        (f"holds/{ID}/capture", "loyalty"),
        ("adjustments", "loyalty"),
        ("programmes", "loyalty"),
        ("points/liability", "loyalty"),
        (f"customers/{ID}/tier/explanation", "tiering"),
        (f"customers/{ID}/indicators", "tiering"),
        ("tier-policies", "tiering"),
        ("pyramid", "tiering"),
        ("warnings/1/acknowledgement", "tiering"),
        ("warning-rules/1/back-tests", "tiering"),
        ("likelihood-models", "tiering"),
        ("customers/1/stage", "tiering"),
        ("customers/1/stages", "tiering"),
        ("stages/customers", "tiering"),
        ("warnings/customers", "tiering"),
        ("stages", "tiering"),
        ("stage-rules/1/activation", "tiering"),
        ("key-account-rules", "tiering"),
        ("churn-rules", "tiering"),
        ("submissions", "tiering"),
        ("spot-checks", "tiering"),
        ("satisfaction/loyalty-curve", "tiering"),
        ("satisfaction-indexes", "tiering"),
        ("assessment-rules/in-force", "tiering"),
        ("revenue-targets", "tiering"),
        ("run-schedules/in-force", "tiering"),
        ("scheduled-runs/overview", "tiering"),
        ("complaints", "complaint"),
        ("business-calendar", "complaint"),
        ("customers", "profile"),
        (f"customers/{ID}", "profile"),
        (f"customers/{ID}/tiers", "profile"),
        ("calls/pop", "profile"),
        ("call-events", "profile"),
        ("orders", None),
        ("pyramids", None),
        ("", None),
        ("internal/status", None),
        ("customers/../../internal/status", None),
        ("customers//points", None),
        (f"customers/{ID}/./tier", None),
    ],
)
def test_whose_path_it_is(path: str, service: str | None) -> None:
    assert service_for(path) == service


def test_the_customer_in_a_path() -> None:
    assert customer_in(f"customers/{ID}/points/holds") == ID
    assert customer_in(f"customers/{ID}") == ID
    assert customer_in("customers") is None
    assert customer_in("complaints") is None


async def test_a_call_is_handed_on_with_a_token_for_that_one_service(
    client: httpx.AsyncClient, behind: ServicesBehind, keys: harness.Keys, as_role: Any
) -> None:
    behind.answers["loyalty"] = lambda _: httpx.Response(
        201, json={"ok": 1}, headers={"ETag": '"7"', "Location": "/v1/holds/1", "X-Secret": "1", "Set-Cookie": "a=b"}
    )
    answer = await client.post(
        f"/v1/customers/{ID}/points/holds?a=%C3%A9&b=1",
        content=b'{"points": 5}',
        headers=as_role("agent", subject="ann")
        | {
            "Content-Type": "application/json", "Idempotency-Key": "k", "If-Match": '"6"', "X-User": "root",
            "X-Forwarded-For": "1.2.3.4", "Cookie": "a=b",
        },
    )  # fmt: skip
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (201, {"ok": 1}, '"7"')
    assert answer.headers["location"] == "/v1/holds/1"
    assert "x-secret" not in answer.headers
    assert "set-cookie" not in answer.headers
    [(service, request)] = behind.requests
    assert (service, request.method, request.content) == ("loyalty", "POST", b'{"points": 5}')
    assert request.url.raw_path == f"/v1/customers/{ID}/points/holds?a=%C3%A9&b=1".encode()
    assert (request.headers["idempotency-key"], request.headers["if-match"]) == ("k", '"6"')
    assert not {"x-user", "x-forwarded-for", "cookie"} & set(request.headers)
    token = request.headers["authorization"].removeprefix("Bearer ")
    actor = Verifier("loyalty", keys.directory).verify(token)
    assert (actor.subject, actor.kind, actor.roles) == ("ann", "person", frozenset({"agent"}))
    with pytest.raises(Exception, match="not valid"):
        Verifier("profile", keys.directory).verify(token)


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 429, 500])
async def test_a_refusal_is_passed_on_as_it_is(client: httpx.AsyncClient, behind: ServicesBehind, status: int) -> None:
    problem = {"code": "some_code", "status": status}
    behind.answers["tiering"] = lambda _: httpx.Response(
        status, json=problem, headers={"Content-Type": "application/problem+json", "Retry-After": "7"}
    )
    answer = await client.get("/v1/pyramid")
    assert (answer.status_code, answer.json()) == (status, problem)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "7"


async def test_what_may_be_done_instead_is_passed_on(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    behind.answers["tiering"] = lambda _: httpx.Response(
        405, json={"code": "method_not_allowed"}, headers={"Allow": "GET, HEAD"}
    )
    answer = await client.delete("/v1/pyramid")
    assert (code_of(answer), answer.headers["allow"]) == ((405, "method_not_allowed"), "GET, HEAD")


async def test_a_service_that_is_down_slow_or_does_not_believe_us(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    def fail(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
        def answer(_: httpx.Request) -> httpx.Response:
            raise error

        return answer

    for error, status, code in (
        (httpx.ConnectError("x"), 503, "service_unavailable"),
        (httpx.ConnectTimeout("x"), 503, "service_unavailable"),
        (httpx.RemoteProtocolError("x"), 503, "service_unavailable"),
        (httpx.ReadTimeout("x"), 504, "service_timeout"),
    ):
        behind.answers["tiering"] = fail(error)
        answer = await client.get("/v1/pyramid")
        assert code_of(answer) == (status, code)
        assert ("retry-after" in answer.headers) == (status == 503)
    behind.answers["tiering"] = lambda _: httpx.Response(401, json={})
    assert code_of(await client.get("/v1/pyramid")) == (503, "service_unavailable")


async def test_nothing_but_public_paths_is_handed_on(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    for path in ("/v1/nothing", "/v1/customers/%2e%2e/%2e%2e/internal/status", "/v1/internal/status", "/v2/customers"):
        assert (await client.get(path)).status_code == 404
    assert code_of(await client.get("/v1/customers", headers={"Authorization": ""})) == (401, "unauthenticated")
    assert behind.requests == []


async def test_a_partner_reaches_its_own_customers_only(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    (_, a), (_, b) = await a_partner(client, "a"), await a_partner(client, "b")
    own = (await place(client, an_order("1", customer={"ref": "c"}), headers=a))["customer_id"]
    for path in (f"/v1/customers/{own}", f"/v1/customers/{own}/points", f"/v1/complaints?customer_id={own}"):
        assert (await client.get(path, headers=a)).status_code == 200
        assert code_of(await client.get(path, headers=b)) == (404, "customer_not_found")
    complaint = {"customer_id": own}
    assert (await client.post("/v1/complaints", json=complaint, headers=a)).status_code == 200
    assert code_of(await client.post("/v1/complaints", json=complaint, headers=b)) == (404, "customer_not_found")
    assert code_of(await client.get("/v1/customers/x/points", headers=a)) == (404, "customer_not_found")
    assert code_of(await client.get(f"/v1/customers/{own}/overview", headers=b)) == (404, "customer_not_found")
    assert len(behind.requests) == 4
    by_customer = {"customer": {"id": own}}
    assert (await client.post("/v1/complaints", json=by_customer, headers=a)).status_code == 200
    assert code_of(await client.post("/v1/complaints", json=by_customer, headers=b)) == (404, "customer_not_found")
    assert code_of(await client.post("/v1/complaints", json={"customer_id": 7}, headers=a))[0] == 404
    for path in ("/v1/pyramid", "/v1/evaluations/1/movers", f"/v1/holds/{ID}", "/v1/points/liability", "/v1/employees"):
        assert code_of(await client.get(path, headers=a)) == (403, "forbidden")
    assert len(behind.requests) == 5


@pytest.mark.parametrize(
    "body",
    [
        r'{"\u0063ustomer": {"id": "%s"}}',
        r'{"\u0063\u0075\u0073\u0074\u006f\u006d\u0065\u0072": {"id": "%s"}}',
        r'{"customer": {"\u0069d": "%s"}}',
        r'{"\u0063ustomer_id": "%s"}',
        r'{"customer_id": "\u0030%.0s1890000-0000-7000-8000-000000000001"}',
    ],
)
async def test_a_partner_reaches_nobody_else_however_its_json_is_spelled(
    client: httpx.AsyncClient, behind: ServicesBehind, body: str
) -> None:
    _, a = await a_partner(client, "a")
    other = (await place(client, an_order("1", customer={"source": "demo", "ref": "c"})))["customer_id"]
    for path in ("/v1/complaints", f"/v1/complaints/{ID}/identification"):
        answer = await client.post(path, content=body % other, headers=a | {"Content-Type": "application/json"})
        assert code_of(answer) == (404, "customer_not_found"), body
    assert behind.requests == []


async def test_a_file_with_a_reference_gets_the_registrys_id(
    client: httpx.AsyncClient, behind: ServicesBehind, announced: Any, database: Database
) -> None:
    behind.answers["profile"] = lambda request: httpx.Response(201, json={"id": json.loads(request.content)["id"]})
    ordered = await place(client, an_order("1", customer={"source": "demo", "ref": "17"}))
    known = await client.post("/v1/customers", json={"kind": "person", "reference": {"source": "demo", "ref": "17"}})
    assert known.json()["id"] == ordered["customer_id"]
    new = await client.post("/v1/customers", json={"kind": "person", "reference": {"source": "demo", "ref": "18"}})
    assert new.json()["id"] != ordered["customer_id"]
    later = await place(client, an_order("2", customer={"source": "demo", "ref": "18"}))
    assert later["customer_id"] == new.json()["id"]
    assert await registered_refs(database, await announced()) == ["17", "18"]


async def test_a_new_file_is_known_at_once(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    customer_id = str(uuid4())
    behind.answers["profile"] = lambda _: httpx.Response(201, json={"id": customer_id})
    assert (await client.post("/v1/customers", json={"kind": "person"})).status_code == 201
    assert (await place(client, an_order("1", customer={"id": customer_id})))["customer_id"] == customer_id


async def test_files_that_are_not_handed_on(
    client: httpx.AsyncClient, behind: ServicesBehind, as_role: Any, announced: Any
) -> None:
    reference = {"source": "demo", "ref": "1"}
    for body, status, code in (
        ({"id": ID}, 422, "extra_forbidden"),
        ([], 422, "validation_failed"),
        ({"reference": {"source": "nobody", "ref": "1"}}, 422, "unknown_source"),
        ({"reference": {"source": "demo"}}, 422, "validation_failed"),
        ({"reference": 5}, 422, "validation_failed"),
    ):
        assert code_of(await client.post("/v1/customers", json=body)) == (status, code)
    auditor = await client.post("/v1/customers", json={"reference": reference}, headers=as_role("auditor"))
    assert code_of(auditor) == (403, "forbidden")
    assert (behind.requests, await announced()) == ([], [])


async def test_the_overview_asked_afresh_says_who_did_not_answer(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    plain = await client.get(f"/v1/customers/{ID}/overview")
    assert (plain.json(), [service for service, _ in behind.requests]) == ({"from": "profile"}, ["profile"])

    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("x")

    behind.answers["complaint"] = away
    behind.answers["tiering"] = lambda _: httpx.Response(404, json={})
    fresh = (await client.get(f"/v1/customers/{ID}/overview?fresh=true")).json()
    assert fresh == {
        "from": "profile", "fresh": {"tier": None, "points": {"from": "loyalty"}}, "did_not_answer": ["complaint"],
    }  # fmt: skip
    behind.answers["profile"] = lambda _: httpx.Response(404, json={"code": "customer_not_found"})
    assert code_of(await client.get(f"/v1/customers/{ID}/overview?fresh=true")) == (404, "customer_not_found")
