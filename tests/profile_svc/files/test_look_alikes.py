"""P12: opening a file that looks like another one answers with the candidates and what they have in common."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.profile_svc.files.domain.look_alikes import spellings
from services.profile_svc.subscriptions import subscriptions
from tests.profile_svc.merging import merged, opened, undone

SERVICE = "profile"
ACME: dict[str, Any] = {
    "kind": "organisation",
    "names": [{"name": "重庆长安"}],
    "phones": [{"number": "023-6759 4008"}],
    "emails": [{"address": "Service@Acme.example"}],
    "tax_id": "DE811234567",
}


async def evidence(client: httpx.AsyncClient, **facts: Any) -> list[tuple[str, list[str]]]:
    body = {"kind": "organisation", "names": [{"name": f"Somebody {uuid4().hex}"}]} | facts
    answer = await client.post("/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return [(alike["name"], alike["evidence"]) for alike in answer.json().get("looks_like", [])]


@pytest.fixture
async def acme(client: httpx.AsyncClient) -> str:
    answer = await client.post("/v1/customers", json=ACME)
    assert "looks_like" not in answer.json()
    return str(answer.json()["id"])


@pytest.mark.parametrize(
    ("facts", "shared"),
    [
        ({"tax_id": "DE811234567"}, ["tax_id"]),
        ({"phones": [{"number": "+86 23 6759 4008"}]}, ["phone"]),
        ({"emails": [{"address": "service@acme.EXAMPLE"}]}, ["email"]),
        ({"names": [{"name": "Chongqing Chang'an"}]}, ["name"]),
        ({"names": [{"name": "ＣＨＯＮＧＱＩＮＧ changan"}]}, ["name"]),
        ({"names": [{"name": "Zhongqing Changan"}]}, ["name"]),  # another reading of 重
        ({"names": [{"name": "重庆长安"}], "tax_id": "DE811234567"}, ["tax_id", "name"]),
    ],
)
async def test_P12_a_file_that_shares_something_is_a_candidate(client, acme, facts, shared):
    assert await evidence(client, **facts) == [("重庆长安", shared)]


@pytest.mark.parametrize(
    "facts",
    [
        {"names": [{"name": "长安"}]},
        {"names": [{"name": "Chongqing"}]},
        {"tax_id": "DE811234568"},
        {"phones": [{"number": "023-6759 4009"}]},
        {"emails": [{"address": "service@acme.example.org"}]},
        {"names": [{"name": "' | !x:* & \\"}]},
    ],
)
async def test_P12_a_part_of_a_name_makes_nobody_a_candidate(client, acme, facts):
    assert await evidence(client, **facts) == []


async def test_P12_a_latin_file_is_found_by_its_chinese_name(client):
    await opened(client, "Chongqing Changan")
    assert await evidence(client, names=[{"name": "重庆长安"}]) == [("Chongqing Changan", ["name"])]


async def test_P12_a_look_alike_is_refused_where_it_was_asked_for(client, acme, announced):
    before = len(await announced())
    query = {"refuse_duplicates": "true"}
    answer = await client.post("/v1/customers", params=query, json=ACME | {"names": [{"name": "Else"}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "looks_like_another")
    assert answer.json()["candidates"] == [{"customer_id": acme, "evidence": ["tax_id", "phone", "email"]}]
    assert len(await announced()) == before
    other = {"kind": "person", "names": [{"name": "Ann"}]}
    assert (await client.post("/v1/customers", params=query, json=other)).status_code == 201


async def test_P12_of_two_that_look_alike_and_come_at_once_one_is_opened(client):
    requests = [client.post("/v1/customers", params={"refuse_duplicates": "true"}, json=ACME) for _ in range(4)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*requests)) == [201, 409, 409, 409]


async def test_G1_candidates_are_those_that_who_asks_may_see(client, acme, as_role, registry, deliver, database):
    partner = uuid4()
    headers = as_role("partner", partner_id=partner, scopes=["customers:read", "customers:write"])
    body = {"kind": "organisation", "names": [{"name": "Else"}], "tax_id": "DE811234567"}
    answer = await client.post("/v1/customers", params={"refuse_duplicates": "true"}, json=body, headers=headers)
    assert answer.status_code == 201
    assert "looks_like" not in answer.json()
    await deliver(database, subscriptions, [registry.registered(acme, "P-1", f"partner:{partner}")])
    answer = await client.post("/v1/customers", json=body, headers=headers)
    assert [alike["customer_id"] for alike in answer.json()["looks_like"]] == [acme]


async def test_P12_a_merged_customer_is_a_candidate_once(client, acme):
    root = await opened(client, "Root")
    merge = await merged(client, root, acme)
    body = {"kind": "organisation", "names": [{"name": "Root"}], "tax_id": "DE811234567"}
    [alike] = (await client.post("/v1/customers", json=body)).json()["looks_like"]
    assert (alike["customer_id"], alike["evidence"]) == (root, ["tax_id", "name"])
    assert (await undone(client, root, merge)).status_code == 204


def test_P12_spellings_of_a_long_name_are_bounded():
    assert len(spellings("重重重重" * 30)) <= 65
    assert spellings("...") == set()
