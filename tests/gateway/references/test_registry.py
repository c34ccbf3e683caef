"""The registry alone holds outside references: no event carries one, and other services ask it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.messaging import Database
from tests.gateway.bodies import a_partner, a_receivable, an_order, code_of, place

SERVICE = "gateway"

PHONE = "13800138000"


async def lookup(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[dict[str, str]]:
    answer = await client.get("/internal/references", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"items"}
    items: list[dict[str, str]] = answer.json()["items"]
    return items


async def test_a_phone_number_as_reference_stands_in_no_event(client: httpx.AsyncClient, database: Database) -> None:
    await place(client, an_order("1", customer={"source": "demo", "ref": PHONE}))
    owed = await client.post("/v1/receivables", json=a_receivable(customer={"source": "demo", "ref": f"{PHONE}-2"}))
    assert owed.status_code == 201
    rows = await database.run(lambda tx: tx.raw.fetch("select type, payload from outbox order by position"))
    assert [row["type"] for row in rows].count("intake.customer_reference_registered.v1") == 2
    assert not [row["type"] for row in rows if PHONE in row["payload"]]


async def test_references_are_found_by_their_beginning_whatever_their_case(
    client: httpx.AsyncClient, as_service: Callable[..., dict[str, str]]
) -> None:
    headers = as_service("profile")
    ids = {}
    for n, ref in enumerate(("HH-1", "hh-12", "HH-2", "GG-1")):
        ids[ref] = (await place(client, an_order(str(n), customer={"source": "demo", "ref": ref})))["customer_id"]
    assert await lookup(client, headers, q="hh-1") == [
        {"customer_id": ids["HH-1"], "source": "demo", "ref": "HH-1"},  # the exact one first
        {"customer_id": ids["hh-12"], "source": "demo", "ref": "hh-12"},
    ]
    assert [item["ref"] for item in await lookup(client, headers, q="HH", limit=2)] == ["HH-1", "hh-12"]
    assert await lookup(client, headers, q="H-1") == []
    for odd in ("%", "_", "h%", "王", "hh-1'", "~"):
        assert await lookup(client, headers, q=odd) == []


async def test_references_of_customers(client: httpx.AsyncClient, as_service: Callable[..., dict[str, str]]) -> None:
    partner_id, key = await a_partner(client)
    own = (await place(client, an_order("1", customer={"source": "demo", "ref": "1"})))["customer_id"]
    theirs = (await place(client, an_order("1", customer={"ref": "1"}), headers=key))["customer_id"]
    references = await lookup(client, as_service("profile"), customer_id=[own, theirs, str(uuid4())])
    assert sorted((item["customer_id"], item["source"], item["ref"]) for item in references) == sorted(
        [(own, "demo", "1"), (theirs, f"partner:{partner_id}", "1")]
    )


async def test_an_id_that_is_only_offered_is_no_customers_reference(
    client: httpx.AsyncClient, database: Database, as_service: Callable[..., dict[str, str]]
) -> None:
    offered = "insert into customer_reference (source, ref, customer_id, registered_at) values ('demo', '17', $1, null)"
    customer_id = uuid4()
    await database.run(lambda tx: tx.raw.execute(offered, customer_id))
    assert await lookup(client, as_service("profile"), q="17") == []
    assert await lookup(client, as_service("profile"), customer_id=str(customer_id)) == []


@pytest.mark.parametrize(
    "query",
    [{}, {"q": ""}, {"q": "1", "customer_id": str(uuid4())}, {"q": "1", "limit": 0}, {"customer_id": "1"}],
)
async def test_questions_that_are_none(
    client: httpx.AsyncClient, as_service: Callable[..., dict[str, str]], query: dict[str, Any]
) -> None:
    answer = await client.get("/internal/references", params=query, headers=as_service("profile"))
    assert code_of(answer)[0] == 422
    many = {"customer_id": [str(uuid4()) for _ in range(201)]}
    assert (await client.get("/internal/references", params=many, headers=as_service("profile"))).status_code == 422


async def test_the_registry_is_for_services_only(client: httpx.AsyncClient, as_role: Any) -> None:
    _, key = await a_partner(client)
    for headers in (key, as_role("admin"), as_role("head")):
        assert code_of(await client.get("/internal/references", params={"q": "1"}, headers=headers)) == (
            403,
            "forbidden",
        )
    anonymous = await client.get("/internal/references", params={"q": "1"}, headers={"Authorization": ""})
    assert anonymous.status_code == 401


async def test_a_lookup_keeps_to_its_index(database: Database) -> None:
    from services.gateway.references.repository import BY_PREFIX

    fill = """insert into customer_reference (source, ref, customer_id, registered_at)
              select 'a', 'HH-' || n, gen_random_uuid(), now() from generate_series(1, 2000) n"""
    async with database.transaction() as tx:
        await tx.raw.execute(fill)
        await tx.raw.execute("analyze customer_reference")
        await tx.raw.execute("set local plan_cache_mode = force_generic_plan")
        await tx.raw.execute(f"prepare lookup as {BY_PREFIX}")
        rows = await tx.raw.fetch("explain execute lookup('hh-19', 'hh-19~', 20)")
        plan = "\n".join(row[0] for row in rows)
    assert "customer_reference_prefix" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
