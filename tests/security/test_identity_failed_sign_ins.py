"""Failed sign-ins are counted, slowed and remembered; guessing locks out who guesses, never whose key is guessed at."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from fastapi import FastAPI

from services.gateway.access.domain.failed_sign_ins import (
    LONGEST_WAIT,
    MOST_COUNTED,
    MOST_REMEMBERED,
    FailedSignIns,
    InvalidCredential,
    InvalidCredentials,
    network_of,
)
from services.gateway.access.handlers import authenticator, credentials
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import a_partner, code_of

SERVICE = "gateway"
ALLOWED = 5
OWN, ATTACKERS = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def app(database: Database, keys: harness.Keys) -> FastAPI:
    return harness.app_of("gateway", database, keys, failed_sign_ins=ALLOWED)


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are told at once, so that the tests need not wait."""
    assert authenticator.PAUSE_SECONDS == 1.0
    monkeypatch.setattr(authenticator, "PAUSE_SECONDS", 0.0)


@asynccontextmanager
async def from_address(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, client=(address, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


class Transactions:
    """Counts the transactions of a database."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = database.transaction

        def counted(*given: Any, **more: Any) -> Any:
            self.count += 1
            return real(*given, **more)

        monkeypatch.setattr(database, "transaction", counted)


@pytest.fixture
def transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transactions]:
    with monkeypatch.context() as patch:
        yield Transactions(database, patch)


async def ask(client: httpx.AsyncClient, credential: str) -> tuple[int, str]:
    """A partner's good key gets 404 here: there is no such order."""
    answer = await client.get(f"/v1/orders/{uuid4()}", headers={"Authorization": f"Bearer {credential}"})
    if answer.status_code == 429:
        assert 1 <= int(answer.headers["retry-after"]) <= LONGEST_WAIT
    return code_of(answer)


def wrong_key(key_id: UUID | None = None) -> str:
    return f"pk_{(key_id or uuid4()).hex}_{uuid4().hex}"


GOOD, INVALID, WAIT = (404, "order_not_found"), (401, "token_invalid"), (429, "too_many_failed_sign_ins")


async def test_a_wrong_key_costs_one_transaction_however_often_it_comes(
    app: FastAPI, transactions: Transactions
) -> None:
    key = wrong_key()
    async with from_address(app, OWN) as client:
        assert [await ask(client, key) for _ in range(ALLOWED)] == [INVALID] * ALLOWED
    assert transactions.count == 1


async def test_a_forged_token_costs_one_look_at_its_signature(
    app: FastAPI, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    real = jwt.decode

    def decode(token: str, *given: Any, **more: Any) -> Any:
        decoded.append(token)
        return real(token, *given, **more)

    monkeypatch.setattr(credentials.jwt, "decode", decode)
    async with from_address(app, OWN) as client:
        issued = (await client.post("/dev/token", json={"role": "admin"})).json()["access_token"]
        forged = issued[:-8] + "AAAAAAAA"
        assert await ask(client, forged) == INVALID
        looks = len(decoded)
        assert [await ask(client, forged) for _ in range(3)] == [INVALID] * 3
    assert len(decoded) == looks


async def test_who_fails_often_waits_longer_and_longer(app: FastAPI, transactions: Transactions) -> None:
    async with from_address(app, ATTACKERS) as attacker:
        assert [await ask(attacker, wrong_key()) for _ in range(ALLOWED + 1)] == [INVALID] * (ALLOWED + 1)
        for _ in range(50):
            assert await ask(attacker, wrong_key()) == WAIT
    assert transactions.count == ALLOWED + 1, "what has to wait costs nothing"


async def test_who_has_to_wait_is_told_after_a_pause_and_not_too_many_at_once(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, headers = await a_partner(client)
    async with from_address(app, ATTACKERS) as attacker:
        for _ in range(2 * ALLOWED):
            await ask(attacker, wrong_key())
        monkeypatch.setattr(authenticator, "PAUSE_SECONDS", 0.5)
        monkeypatch.setattr(authenticator, "MOST_PAUSED", 3)
        began = time.monotonic()
        guesses = [asyncio.create_task(ask(attacker, wrong_key())) for _ in range(8)]
        done, paused = await asyncio.wait(guesses, timeout=0.2)
        assert (len(done), len(paused)) == (5, 3)
        assert await ask(attacker, headers["Authorization"].removeprefix("Bearer ")) in (GOOD, WAIT)
        assert set(await asyncio.gather(*guesses)) == {WAIT}
        assert time.monotonic() - began >= 0.25
    assert app.state.authenticator._paused == 0


async def test_guessing_does_not_lock_out_the_owner(app: FastAPI, client: httpx.AsyncClient) -> None:
    _, headers = await a_partner(client)
    key = headers["Authorization"].removeprefix("Bearer ")
    key_id = UUID(hex=key.split("_")[1])
    async with from_address(app, OWN) as owner, from_address(app, ATTACKERS) as attacker:
        for _ in range(3 * ALLOWED):
            await ask(attacker, wrong_key(key_id))
        assert await ask(attacker, wrong_key(key_id)) == WAIT
        assert await ask(owner, key) == GOOD
        for _ in range(3 * ALLOWED):  # now from the owner's own address, behind the same gateway to the internet
            await ask(owner, wrong_key(key_id))
        assert await ask(owner, wrong_key()) == WAIT
        app.state.authenticator._cached[key] = expired(app.state.authenticator._cached[key])
        assert await ask(owner, key) == GOOD, "it was good before, so it is looked at in spite of the wait"


def expired(cached: credentials.VerifiedCredential) -> credentials.VerifiedCredential:
    """The same, two seconds later."""
    return credentials.VerifiedCredential(cached.actor, 0.0, cached.expires_at, cached.key_id, cached.token_name)


async def test_a_new_key_works_at_once_while_others_are_guessed_at(app: FastAPI, client: httpx.AsyncClient) -> None:
    partner_id, _ = await a_partner(client)
    async with from_address(app, OWN) as owner, from_address(app, ATTACKERS) as attacker:
        for _ in range(2 * ALLOWED):
            await ask(attacker, wrong_key())
        issued = (await client.post(f"/v1/partners/{partner_id}/keys")).json()
        assert await ask(owner, issued["secret"]) == GOOD


async def test_a_key_that_was_revoked_is_not_looked_up_again(
    app: FastAPI, client: httpx.AsyncClient, transactions: Transactions
) -> None:
    partner_id, headers = await a_partner(client)
    key = headers["Authorization"].removeprefix("Bearer ")
    async with from_address(app, OWN) as owner:
        assert await ask(owner, key) == GOOD
        key_id = UUID(hex=key.split("_")[1])
        assert (await client.delete(f"/v1/partners/{partner_id}/keys/{key_id}")).status_code == 204
        assert await ask(owner, key) == (401, "key_revoked")
        before = transactions.count
        assert [await ask(owner, key) for _ in range(ALLOWED)] == [(401, "key_revoked")] * ALLOWED
        assert transactions.count == before
        for _ in range(5 * ALLOWED):
            assert await ask(owner, key) == WAIT, "somebody's system sends a dead key all day"
        issued = (await client.post(f"/v1/partners/{partner_id}/keys")).json()
        assert await ask(owner, issued["secret"]) == GOOD, "the next key works at once, from the same address"


def test_one_failure_is_forgiven_every_six_seconds_and_waits_double() -> None:
    failed = FailedSignIns(allowed=2)
    waits: list[float] = []
    for _ in range(8):
        failed.record("a", 0.0)
        waits.append(failed.wait("a", 0.0))
    assert waits == [0, 0, 2, 4, 8, 16, LONGEST_WAIT, LONGEST_WAIT]
    assert failed.wait("b", 0.0) == 0
    assert failed.wait("a", LONGEST_WAIT) == 0
    failed.record("a", 6.0 * 7)
    assert failed.wait("a", 6.0 * 7) == 0, "seven of eight are forgiven"


def test_what_is_counted_and_remembered_is_bounded() -> None:
    failed, invalid = FailedSignIns(1), InvalidCredentials()
    for number in range(MOST_COUNTED + 500):
        failed.record(str(number), 0.0)
    for number in range(MOST_REMEMBERED + 500):
        invalid.remember(number.to_bytes(4), InvalidCredential("token_invalid", "", 60.0))
    assert len(failed._failures) == MOST_COUNTED
    assert len(invalid._invalid) == MOST_REMEMBERED
    assert invalid.find((MOST_REMEMBERED + 499).to_bytes(4), 59.0) is not None
    assert invalid.find((MOST_REMEMBERED + 499).to_bytes(4), 60.0) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_an_address_of_ipv6_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
