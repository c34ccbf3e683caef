"""Signing out ends the token itself, everywhere: at this process at once, at every other one within two seconds."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from fastapi import FastAPI

from services.gateway.access.domain.revoked_tokens import LATEST, end_of_life, name_of_token
from services.gateway.access.handlers import refreshed_copy, revocations
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import a_partner, code_of
from tests.security.provider import AUDIENCE, ISSUER, Provider, running_provider

SERVICE = "gateway"
ENDED = (401, "token_revoked")
OPEN = (403, "forbidden")  # a manager does not see partners, but is let in


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


def gateway(database: Database, keys: harness.Keys, provider: Provider) -> FastAPI:
    return harness.app_of(
        "gateway", database, keys, oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks_url=provider.url
    )


@pytest.fixture
def app(database: Database, keys: harness.Keys, provider: Provider) -> FastAPI:
    return gateway(database, keys, provider)


async def a_token(client: httpx.AsyncClient, role: str = "manager") -> str:
    answer = await client.post("/dev/token", json={"role": role})
    return str(answer.json()["access_token"])


async def ask(client: httpx.AsyncClient, token: str) -> tuple[int, str]:
    return code_of(await client.get("/v1/partners", headers={"Authorization": f"Bearer {token}"}))


async def sign_out(client: httpx.AsyncClient, token: str) -> int:
    answer = await client.post("/v1/sign-out", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


@pytest.mark.parametrize("of", ["the development issuer", "a provider", "a provider, without jti"])
async def test_a_token_opens_nothing_after_signing_out(
    client: httpx.AsyncClient,
    database: Database,
    keys: harness.Keys,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    of: str,
) -> None:
    assert refreshed_copy.FRESH_SECONDS == 2.0
    monkeypatch.setattr(refreshed_copy, "FRESH_SECONDS", 0.3)  # so that the test need not wait so long
    token, other = await a_token(client), await a_token(client)
    if of != "the development issuer":
        jti = None if "without" in of else uuid4().hex
        token, other = provider.token(jti=jti), provider.token(jti=None, sub="bob")
    async with harness.client_of(gateway(database, keys, provider), None) as replica:
        assert [await ask(each, token) for each in (client, replica)] == [OPEN, OPEN]
        assert await sign_out(client, token) == 204
        assert await ask(client, token) == ENDED
        assert await sign_out(client, token) == 401
        deadline = time.monotonic() + refreshed_copy.FRESH_SECONDS + 0.5
        while await ask(replica, token) != ENDED:
            assert time.monotonic() < deadline, "not heard of in time"
        assert [await ask(each, other) for each in (client, replica)] == [OPEN, OPEN]
    async with harness.client_of(gateway(database, keys, provider), None) as started_later:
        assert await ask(started_later, token) == ENDED


async def test_a_changed_signature_makes_no_other_token(client: httpx.AsyncClient, provider: Provider) -> None:
    """Of an ECDSA signature (r, s) there is a second good one, (r, n - s): the token ends with both."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    token = provider.token(jti=None)
    signed, _, signature = token.rpartition(".")
    raw = jwt.utils.base64url_decode(signature)
    r, s = decode_dss_signature(encode_dss_signature(int.from_bytes(raw[:32]), order - int.from_bytes(raw[32:])))
    twin = f"{signed}.{jwt.utils.base64url_encode(r.to_bytes(32) + s.to_bytes(32)).decode()}"
    assert twin != token
    assert [await ask(client, each) for each in (token, twin)] == [OPEN, OPEN]
    assert await sign_out(client, token) == 204
    assert [await ask(client, each) for each in (token, twin)] == [ENDED, ENDED]


async def test_only_people_sign_out(client: httpx.AsyncClient, keys: harness.Keys) -> None:
    _, headers = await a_partner(client)
    for each in (headers, keys.headers("gateway", "admin")):
        assert code_of(await client.post("/v1/sign-out", headers=each)) == (409, "not_signed_in")
    assert code_of(await client.post("/v1/sign-out", headers={"Authorization": ""})) == (401, "unauthenticated")


async def test_signing_out_at_the_desk_ends_the_token_of_the_cookie(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        await browser.post("/desk/sign-in", data={"role": "manager"})
        token = browser.cookies["patron_desk"]
        assert await ask(browser, token) == OPEN
        assert (await browser.post("/desk/sign-out")).status_code == 303
        assert "patron_desk" not in browser.cookies
        assert await ask(browser, token) == ENDED
        again = await browser.get("/desk", headers={"Cookie": f"patron_desk={token}"})
        assert "/desk/sign-in" in again.text
        assert (await browser.post("/desk/sign-out", headers={"Cookie": f"patron_desk={token}"})).status_code == 303


async def test_what_has_expired_is_forgotten(client: httpx.AsyncClient, database: Database, app: FastAPI) -> None:
    """The list is as long as the tokens live that were ended, not as long as the gateway does."""
    old = datetime(2026, 1, 1, tzinfo=UTC)
    await database.run(lambda tx: tx.raw.execute("insert into revoked_token values ($1, $2, $2)", b"old", old))
    assert await sign_out(client, await a_token(client)) == 204
    rows = await database.run(lambda tx: tx.raw.fetch("select name, expires_at from revoked_token"))
    assert [row["name"] for row in rows] != [b"old"]
    assert len(rows) == 1
    assert rows[0]["expires_at"].timestamp() - time.time() < 3600 + 10


async def test_the_list_is_used_on_for_half_a_minute_while_the_database_is_away(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, ended = await a_token(client), await a_token(client)
    assert await sign_out(client, ended) == 204
    assert await ask(client, token) == OPEN

    async def away(*_: object) -> None:
        raise ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(revocations, "list_revoked_tokens", away)
        copy = app.state.authenticator.revocations
        copy.fresh_until = 0.0
        assert await ask(client, token) == OPEN
        assert await ask(client, ended) == ENDED
        copy.fresh_until = copy._usable_until = 0.0
        assert await ask(client, token) == (503, "try_again")
    assert await ask(client, token) == OPEN


def test_a_name_is_of_one_token_only() -> None:
    claims = {"iss": "a", "sub": "b", "jti": "c", "exp": 7}
    names = {
        name_of_token("h.p.s", claims),
        name_of_token("h.p.s", claims | {"iss": "x"}),
        name_of_token("h.p.s", claims | {"sub": "x"}),
        name_of_token("h.p.s", claims | {"jti": "x"}),
        name_of_token("h.p.s", claims | {"jti": None}),
        name_of_token("h.q.s", claims | {"jti": 7}),
    }
    assert len(names) == 6
    assert name_of_token("h.p.s", claims) == name_of_token("other.text.of-it", claims)
    assert name_of_token("h.p.s", {"iss": "a"}) == name_of_token("h.p.other", {"iss": "a"})
    assert end_of_life({"exp": 1e300}, 5) == LATEST
    assert datetime.fromtimestamp(LATEST, UTC).year == 3000
