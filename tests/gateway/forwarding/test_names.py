"""Names in every list (G3): filled in at the gateway in one question each, as far as who asks may read them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.forwarding.domain.names import Names, fill_in_names, ids_without_names
from shared.chassis.access.tokens import Verifier
from tests import harness
from tests.gateway.behind import ServicesBehind, client

__all__ = ["client"]  # the fixture: a gateway with services behind it that the test plays

SERVICE = "gateway"
ANN, BOB = (f"01890000-0000-7000-8000-00000000000{number}" for number in (1, 2))
WARNINGS: dict[str, Any] = {
    "items": [
        {"customer_id": ANN, "customer_name": None, "owner": "E-1", "owner_name": None, "manager": "E-2",
         "manager_name": None},
        {"customer_id": BOB, "customer_name": None, "owner": None, "owner_name": None},
        {"customer_id": None, "customer_name": None, "owner": "E-9", "owner_name": None},
        {"customer_id": ANN, "words": {"en": "no place for a name"}},
    ],
    "next": None,
}  # fmt: skip


def tiering_says(document: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, json=document)


def profile_knows(request: httpx.Request) -> httpx.Response:
    ids = request.url.params.get_list("ids")
    if request.url.path == "/v1/employees":
        known = {"E-1": "Mei", "E-2": "Tom"}
        return httpx.Response(
            200, json={"items": [{"employee_id": id, "name": known[id]} for id in ids if id in known]}
        )
    names: dict[str, str | None] = {ANN: "Ann", BOB: None}
    return httpx.Response(200, json={"items": [{"id": id, "name": names[id]} for id in ids]})


async def test_names_are_filled_in_by_one_question_for_customers_and_one_for_employees(
    client: httpx.AsyncClient, behind: ServicesBehind, keys: harness.Keys, as_role: Any
) -> None:
    behind.answers |= {"tiering": tiering_says(WARNINGS), "profile": profile_knows}
    items = (await client.get("/v1/warnings?limit=3", headers=as_role("agent", subject="E-1"))).json()["items"]
    assert [(item.get("customer_name"), item.get("owner_name")) for item in items] == [
        ("Ann", "Mei"), (None, None), (None, None), (None, None),
    ]  # fmt: skip
    assert items[0]["manager_name"] == "Tom"
    assert items[3] == WARNINGS["items"][3]
    questions = [(request.url.path, request.url.params.get_list("ids")) for name, request in behind.requests[1:]]
    assert sorted(questions) == [("/v1/customers", [ANN, BOB]), ("/v1/employees", ["E-1", "E-2", "E-9"])]
    token = behind.requests[1][1].headers["authorization"].removeprefix("Bearer ")
    assert Verifier("profile", keys.directory).verify(token).subject == "E-1"  # profile decides what who asks may read


async def test_an_answer_without_a_place_for_names_is_handed_on_byte_by_byte(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    body = b'{"items": [ {"customer_id": "x"} ],\n "customer_name":"y"}'
    behind.answers["tiering"] = lambda _: httpx.Response(
        200, content=body, headers={"Content-Type": "application/json"}
    )
    assert (await client.get("/v1/pyramid/movers")).content == body
    assert [name for name, _ in behind.requests] == ["tiering"]


async def test_names_stay_empty_where_profile_refuses_or_hangs_and_the_list_is_there_in_time(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    behind.answers |= {"tiering": tiering_says(WARNINGS), "profile": lambda _: httpx.Response(403, json={"code": "x"})}
    assert (await client.get("/v1/warnings")).json() == WARNINGS

    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError("nobody waits so long")

    behind.answers["profile"] = hang
    began = time.perf_counter()
    answer = await client.get("/v1/warnings")
    assert time.perf_counter() - began < 2.0
    assert (answer.status_code, answer.json()) == (200, WARNINGS)


async def test_a_refusal_is_no_list(client: httpx.AsyncClient, behind: ServicesBehind) -> None:
    problem = {"code": "x", "customer_name": None, "customer_id": ANN}
    behind.answers["tiering"] = lambda _: httpx.Response(404, json=problem)
    assert (await client.get("/v1/warnings/1")).json() == problem
    assert [name for name, _ in behind.requests] == ["tiering"]


async def test_more_customers_than_profile_takes_at_once_are_asked_for_in_parts(
    client: httpx.AsyncClient, behind: ServicesBehind
) -> None:
    ids = [f"01890000-0000-7000-8000-{number:012}" for number in range(450)]
    items = [{"customer_id": id, "customer_name": None} for id in ids]
    behind.answers["tiering"] = tiering_says({"items": items})
    behind.answers["profile"] = lambda request: httpx.Response(
        200, json={"items": [{"id": id, "name": id[-3:]} for id in request.url.params.get_list("ids")]}
    )
    named = (await client.get("/v1/pyramid/movers")).json()["items"]
    assert [item["customer_name"] for item in named] == [id[-3:] for id in ids]
    assert sorted(len(request.url.params.get_list("ids")) for name, request in behind.requests[1:]) == [50, 200, 200]


ENTRY = st.fixed_dictionaries(
    {"customer_id": st.none() | st.sampled_from("ab")},
    optional={"customer_name": st.none() | st.just("given"), "x": st.integers()},
)
DOCUMENT = st.recursive(ENTRY, lambda inner: st.lists(inner) | st.fixed_dictionaries({"items": inner}), max_leaves=8)


@given(DOCUMENT)
def test_only_empty_places_beside_an_id_are_filled_in(document: Any) -> None:
    def expected(value: Any) -> Any:
        if isinstance(value, list):
            return [expected(item) for item in value]
        if not isinstance(value, dict):
            return value
        filled = {key: expected(item) for key, item in value.items()}
        if "customer_name" in filled and filled["customer_name"] is None:
            filled["customer_name"] = {"a": "A"}.get(filled["customer_id"])
        return filled

    wanted = expected(document)
    customers, employees = ids_without_names(document)
    assert employees == []
    assert set(customers) <= {"a", "b"}
    fill_in_names(document, Names({"a": "A"}))
    assert document == wanted
