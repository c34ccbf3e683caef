"""`Idempotency-Key`: the same request twice has one effect and one answer, also at once (K7)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from shared.chassis.http.idempotency import forget, forget_old
from shared.messaging import Database

Headers = Callable[..., dict[str, str]]


async def count(database: Database, table: str) -> int:
    count: int = await database.run(lambda tx: tx.raw.fetchval(f"select count(*) from {table}"))
    return count


async def test_K7_fifty_identical_requests_at_once_have_one_effect_and_fifty_equal_answers(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def ask() -> httpx.Response:
        return await client.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k-7"})

    answers = await asyncio.gather(*(ask() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 49
    assert await count(database, "thing") == 1
    assert await count(database, "outbox") == 1


async def test_another_body_under_the_same_key_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await client.post("/v1/things", json={"name": "one"}, headers=headers)).status_code == 201
    answer = await client.post("/v1/things", json={"name": "two"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(database, "thing") == 1


async def test_a_key_belongs_to_who_sent_it_and_to_the_path(
    client: httpx.AsyncClient, as_role: Headers, database: Database
) -> None:
    for headers in (as_role("admin"), as_role("agent"), as_role("agent", subject="other")):
        answer = await client.post("/v1/things", json={"name": "one"}, headers=headers | {"Idempotency-Key": "k"})
        assert "Idempotency-Replayed" not in answer.headers
    answer = await client.post("/v1/everything", json={"text": "x"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200
    assert await count(database, "thing") == 3


async def test_K7_a_partner_that_changes_its_key_in_between_still_has_one_effect(
    client: httpx.AsyncClient, as_role: Headers, database: Database
) -> None:
    partner, another = uuid4(), uuid4()

    async def ask(partner_id: UUID, subject: str) -> httpx.Response:
        headers = as_role("partner", partner_id=partner_id, subject=subject, scopes=["customers:write"])
        return await client.post("/v1/things", json={"name": "one"}, headers=headers | {"Idempotency-Key": "k"})

    first, again = await ask(partner, "p/old-key"), await ask(partner, "p/new-key")
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in (await ask(another, "p/old-key")).headers
    assert await count(database, "thing") == 2


async def test_an_error_is_not_kept_so_the_same_key_can_try_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    for how in ("conflict", "divide", "violate", "lose"):
        await client.post(f"/v1/fail/{how}", headers={"Idempotency-Key": "k"})
    await client.post("/v1/answer-with-an-error", headers={"Idempotency-Key": "k"})
    await client.post("/v1/things", json={"name": 7}, headers={"Idempotency-Key": "k"})
    assert await count(database, "idempotency") == 0
    assert (await client.post("/v1/things", json={"name": "7"}, headers={"Idempotency-Key": "k"})).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ä".encode("latin-1"), b"a\x01"])
async def test_a_key_is_1_to_200_visible_ascii_characters(client: httpx.AsyncClient, key: str | bytes) -> None:
    value = key if isinstance(key, bytes) else key.encode()
    answer = await client.post("/v1/things", json={"name": "one"}, headers=[(b"Idempotency-Key", value)])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")


async def test_replies_are_forgotten_after_two_days_and_when_a_person_is_erased(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = []
    for key in ("a", "b"):
        answer = await client.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": key})
        made.append(answer.json()["id"])
    assert await database.run(lambda tx: forget(tx, made[0])) == 1
    assert await count(database, "idempotency") == 1
    await database.run(lambda tx: forget_old(tx, tx.at + timedelta(hours=49)))
    assert await count(database, "idempotency") == 0
