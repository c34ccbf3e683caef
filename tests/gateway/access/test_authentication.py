"""Who may come in: partners' keys, people's tokens, an OIDC provider's, services'; and what each refusal is called."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from fastapi import FastAPI

from services.gateway.access.handlers import credentials
from services.gateway.access.handlers.development_tokens import DEV_ISSUER, PEOPLE_AUDIENCE
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import a_partner, an_order, code_of, place

SERVICE = "gateway"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def a_token(client: httpx.AsyncClient, role: str, **more: Any) -> dict[str, str]:
    answer = await client.post("/dev/token", json={"role": role} | more)
    assert answer.status_code == 200, answer.text
    return bearer(answer.json()["access_token"])


def signed(keys: harness.Keys, **changed: Any) -> dict[str, str]:
    """A development token with changed claims (None leaves one out)."""
    now = int(time.time())
    claims = {
        "iss": DEV_ISSUER, "aud": PEOPLE_AUDIENCE, "sub": "x", "iat": now, "exp": now + 60, "roles": ["admin"],
    } | changed  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return bearer(jwt.encode(claims, (keys.directory / "gateway.private.pem").read_bytes(), algorithm="EdDSA"))


async def post_order(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[int, str]:
    answer = await client.post("/v1/orders", json=an_order(str(uuid4())), headers=headers)
    return (202, "") if answer.status_code == 202 else code_of(answer)


async def test_a_development_token_carries_its_role(client: httpx.AsyncClient) -> None:
    assert await post_order(client, await a_token(client, "manager")) == (202, "")
    assert await post_order(client, await a_token(client, "auditor")) == (403, "forbidden")
    assert code_of(await client.get("/v1/partners", headers=await a_token(client, "head"))) == (403, "forbidden")
    assert (await client.get("/v1/partners", headers=await a_token(client, "admin"))).status_code == 200


async def test_a_partners_person_is_held_to_its_partner(client: httpx.AsyncClient) -> None:
    partner_id, key = await a_partner(client)
    order = await place(client, an_order("1", customer={"ref": "c"}), headers=key)
    person = await a_token(client, "partner", partner_id=str(partner_id))
    assert (await client.get(f"/v1/orders/{order['id']}", headers=person)).status_code == 200
    stranger = await a_token(client, "partner", partner_id=str(uuid4()))
    assert code_of(await client.get(f"/v1/orders/{order['id']}", headers=stranger)) == (404, "order_not_found")
    for body in ({"role": "partner"}, {"role": "admin", "partner_id": str(uuid4())}):
        assert code_of(await client.post("/dev/token", json=body)) == (422, "partner_id_and_role")


async def test_what_does_not_open_the_door(client: httpx.AsyncClient, keys: harness.Keys) -> None:
    _, key = await a_partner(client)
    expired = int(time.time()) - 60
    for headers, code in (
        ({"Authorization": ""}, "unauthenticated"),
        ({"Authorization": "Basic YTpi"}, "unauthenticated"),
        (bearer("nonsense"), "token_invalid"),
        (bearer("pk_nonsense"), "token_invalid"),
        (bearer(f"pk_{uuid4().hex}_x"), "token_invalid"),
        (bearer(key["Authorization"][7:-1] + "~"), "token_invalid"),
        (bearer("x" * 100_000), "token_invalid"),
        (signed(keys, exp=expired), "token_expired"),
        (signed(keys, exp=None), "token_invalid"),
        (signed(keys, sub=None), "token_invalid"),
        (signed(keys, aud="gateway"), "token_invalid"),
        (signed(keys, aud=None), "token_invalid"),
        (signed(keys, iss="somebody"), "token_invalid"),
        (signed(keys, roles=["partner"]), "token_invalid"),
        (signed(keys, roles="admin"), "token_invalid"),
        (signed(keys, partner_id="x"), "token_invalid"),
        (keys.headers("profile"), "token_invalid"),
        (bearer(keys.signers["gateway"].sign("gateway", now=expired - 60, sub="x", kind="person")), "token_expired"),
    ):
        assert await post_order(client, headers) == (401, code), (headers, code)


async def test_an_unsigned_token_opens_nothing(client: httpx.AsyncClient, keys: harness.Keys) -> None:
    claims = {
        "iss": DEV_ISSUER,
        "aud": PEOPLE_AUDIENCE,
        "sub": "x",
        "exp": time.time() + 60,
        "roles": ["admin"],
    }
    unsigned = jwt.encode(claims, None, algorithm="none")
    public = (keys.directory / "gateway.public.pem").read_text()
    with_the_public_key = jwt.encode(claims, public.replace("-----", "")[:64], algorithm="HS256")
    for token in (unsigned, with_the_public_key):
        assert await post_order(client, bearer(token)) == (401, "token_invalid")


@pytest.mark.parametrize("issuer", [DEV_ISSUER, "tiering", "somebody", 7, None, {}])
@pytest.mark.parametrize(
    "exp", ["9" * 401, "-" + "9" * 401, "1e999", "NaN", "-Infinity", "null", "[]", '"x"', "{}", "true", '"1e400"']
)
async def test_nothing_a_token_says_unproved_breaks_the_door(
    client: httpx.AsyncClient, issuer: object, exp: str
) -> None:
    head, claims = (
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        for text in ('{"alg": "EdDSA"}', f'{{"iss": {json.dumps(issuer)}, "sub": "x", "exp": {exp}}}')
    )
    token = f"{head}.{claims}.AAAA"
    status, code = await post_order(client, bearer(token))
    assert (status, code) in ((401, "token_invalid"), (401, "token_expired"))
    desk = await client.get("/desk", headers={"Authorization": "", "Cookie": f"patron_desk={token}"})
    assert desk.status_code == 200
    assert "/desk/sign-in" in desk.text


async def test_roles_give_what_they_give_whatever_a_token_says(client: httpx.AsyncClient, keys: harness.Keys) -> None:
    assert await post_order(client, signed(keys, roles=["king", "auditor"], scopes=["orders:write"])) == (
        403,
        "forbidden",
    )
    partner_and_admin = signed(keys, roles=["admin", "partner"], partner_id=str(uuid4()))
    assert code_of(await client.get("/v1/partners", headers=partner_and_admin)) == (403, "forbidden")


async def test_a_revoked_key_opens_nothing_from_then_on(client: httpx.AsyncClient) -> None:
    partner_id, key = await a_partner(client)
    keys = f"/v1/partners/{partner_id}/keys"
    assert await post_order(client, key) == (403, "foreign_source")
    listed = (await client.get(keys)).json()["items"]
    assert set(listed[0]) == {"id", "partner_id", "created_at", "revoked_at"}
    assert (await client.delete(f"{keys}/{listed[0]['id']}")).status_code == 204
    assert await post_order(client, key) == (401, "key_revoked")
    assert (await client.delete(f"{keys}/{listed[0]['id']}")).status_code == 204
    assert code_of(await client.delete(f"{keys}/{uuid4()}")) == (404, "key_not_found")
    assert code_of(await client.delete(f"/v1/partners/{uuid4()}/keys/{listed[0]['id']}")) == (404, "key_not_found")


async def test_a_key_revoked_elsewhere_closes_within_two_seconds(
    client: httpx.AsyncClient, database: Database, app: FastAPI
) -> None:
    _, key = await a_partner(client)
    assert (await client.get("/v1/orders/no-uuid", headers=key)).status_code == 404
    await database.run(lambda tx: tx.raw.execute("update partner_key set revoked_at = now()"))
    cached = app.state.authenticator._cached[key["Authorization"][7:]]
    assert cached.until - time.monotonic() <= credentials.KEY_SECONDS == 2.0
    app.state.authenticator._cached.clear()
    assert code_of(await client.get("/v1/orders/no-uuid", headers=key)) == (401, "key_revoked")


async def test_a_secret_is_stored_nowhere(client: httpx.AsyncClient, database: Database) -> None:
    partner = (await client.post("/v1/partners", json={"code": "a", "name": "A"})).json()
    answer = await client.post(f"/v1/partners/{partner['id']}/keys", headers={"Idempotency-Key": "k"})
    secret = answer.json()["secret"]
    assert secret.startswith("pk_")
    random = secret.split("_", 2)[2]  # it may hold underscores itself
    for table in ("partner_key", "idempotency", "outbox"):
        rows = await database.run(lambda tx, table=table: tx.raw.fetch(f"select {table}::text as row from {table}"))
        assert not any(random in row["row"] or random.encode().hex() in row["row"] for row in rows)


async def test_no_development_tokens_where_they_are_switched_off(database: Database, keys: harness.Keys) -> None:
    app = harness.app_of("gateway", database, keys, dev_issuer=False)
    async with harness.client_of(app, None) as client:
        assert code_of(await client.post("/dev/token", json={"role": "admin"})) == (404, "not_found")
        assert await post_order(client, signed(keys)) == (401, "token_invalid")
