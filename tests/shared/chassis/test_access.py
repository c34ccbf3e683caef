"""Who gets in: tokens of one minute for one service, what each issuer may say, and a policy on every route."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
import time_machine
from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from shared.chassis import Ports, allow, public, service_router
from shared.chassis.access.identity import EVERY_CUSTOMER, ROLES, SCOPES, Actor, scopes_of
from shared.chassis.access.tokens import Signer, Verifier
from shared.chassis.problems import Refused
from tests import harness
from tests.shared.chassis import sample

Headers = Callable[..., dict[str, str]]
PERSON: dict[str, Any] = {"sub": "anna", "kind": "person", "roles": ["agent"]}
PARTNER_ID = UUID("0190a000-0000-7000-8000-00000000000a")


@pytest.fixture
def verifier(keys: harness.Keys) -> Verifier:
    return Verifier("profile", keys.directory)


def refused(verifier: Verifier, token: str) -> bool:
    with pytest.raises(Refused) as refusal:
        verifier.verify(token)
    return (refusal.value.status_code, refusal.value.code) == (401, "unauthenticated")


def test_the_gateway_speaks_for_people_and_partners(keys: harness.Keys, verifier: Verifier) -> None:
    sign = keys.signers["gateway"].sign
    actor = verifier.verify(sign("profile", **PERSON))
    assert (actor.subject, actor.kind, actor.scopes) == ("anna", "person", ROLES["agent"])
    narrowed = verifier.verify(sign("profile", **PERSON, scopes=["orders:read", "made:up"]))
    assert narrowed.scopes == {"orders:read"}
    partner = verifier.verify(sign("profile", sub="p", kind="partner", roles=["partner"], partner_id=str(PARTNER_ID)))
    assert partner.partner_id == PARTNER_ID


@pytest.mark.parametrize("issuer", ["tiering", "operator"])
def test_others_speak_for_themselves_only(keys: harness.Keys, verifier: Verifier, issuer: str) -> None:
    sign = keys.signers[issuer].sign
    own: dict[str, Any] = {"sub": issuer, "kind": "service"}
    assert verifier.verify(sign("profile", **own, scopes=["internal", "ops"])).scopes == {"internal", "ops"}
    for lie in (
        PERSON,
        own | {"sub": "gateway", "scopes": ["internal"]},
        own | {"scopes": ["customers:write"]},
        own | {"roles": ["admin"]},
        own | {"scopes": ["ops"], "partner_id": str(PARTNER_ID)},
        {"sub": issuer, "kind": "partner", "roles": ["partner"], "partner_id": str(PARTNER_ID)},
    ):
        assert refused(verifier, sign("profile", **lie)), lie


@pytest.mark.parametrize(
    "claims",
    [
        {"kind": "person"},  # no subject
        {**PERSON, "sub": 7},
        {**PERSON, "kind": "admin"},
        {**PERSON, "kind": None},
        {**PERSON, "roles": "admin"},
        {**PERSON, "roles": [["admin"]]},
        {**PERSON, "scopes": ["internal"]},
        {**PERSON, "scopes": {"orders:read": 1}},
        {**PERSON, "partner_id": "x"},
        {**PERSON, "partner_id": 7},
        {"sub": "p", "kind": "partner", "roles": ["partner"]},
        {"sub": "p", "kind": "person", "roles": ["partner"]},
        {**PERSON, "aud": ["profile", "loyalty"]},
        {**PERSON, "aud": "loyalty"},
        {**PERSON, "iss": "tiering"},
        {**PERSON, "iss": "../gateway"},
        {**PERSON, "iss": "nobody"},
        {**PERSON, "exp": time.time() + 3600},
        {**PERSON, "iat": time.time() + 3600, "exp": time.time() + 3660},
        {**PERSON, "nbf": time.time() + 3600},
    ],
)
def test_what_nobody_may_say_is_refused(keys: harness.Keys, verifier: Verifier, claims: dict[str, Any]) -> None:
    assert refused(verifier, keys.signers["gateway"].sign("profile", **claims))


@pytest.mark.parametrize("missing", ["exp", "iat", "aud", "iss", "sub", "jti"])
def test_every_claim_must_be_there(keys: harness.Keys, verifier: Verifier, missing: str) -> None:
    private = (keys.directory / "gateway.private.pem").read_bytes()
    now = int(time.time())
    claims = {"iss": "gateway", "aud": "profile", "iat": now, "exp": now + 60, "jti": "1", **PERSON}
    assert verifier.verify(jwt.encode(claims, private, algorithm="EdDSA")).subject == "anna"
    del claims[missing]
    assert refused(verifier, jwt.encode(claims, private, algorithm="EdDSA"))


def test_old_forged_and_unsigned_tokens_are_refused(keys: harness.Keys, verifier: Verifier, tmp_path: Path) -> None:
    sign = keys.signers["gateway"].sign
    assert refused(verifier, sign("profile", now=time.time() - 120, **PERSON))
    token = sign("profile", **PERSON)
    head, body, signature = token.split(".")
    assert refused(verifier, f"{head}.{body}.{signature[:-4]}AAAA")
    assert refused(verifier, f"{head}.{body}.")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert refused(verifier, jwt.encode(claims, None, algorithm="none"))
    public_key = (keys.directory / "gateway.public.pem").read_text()
    symmetric = jwt.encode(claims, "x" * 64, algorithm="HS256")
    assert refused(verifier, symmetric)
    assert "PUBLIC KEY" in public_key
    assert refused(verifier, harness.Keys(tmp_path / "others").signers["gateway"].sign("profile", **PERSON))
    for nonsense in ("", "x", "a.b.c", "....", "é.é.é", "x" * 10_000):
        assert refused(verifier, nonsense)


def test_a_changed_key_file_counts_at_once(tmp_path: Path) -> None:
    keys = harness.Keys(tmp_path / "keys")
    verifier = Verifier("profile", keys.directory)
    old = keys.signers["gateway"].sign("profile", **PERSON)
    for file in keys.directory.glob("gateway.*"):
        file.unlink()
    renewed = harness.Keys(tmp_path / "keys")
    assert verifier.verify(renewed.signers["gateway"].sign("profile", **PERSON)).subject == "anna"
    assert refused(verifier, old)


def test_a_remembered_token_ends_with_its_minute(keys: harness.Keys, verifier: Verifier) -> None:
    token = keys.signers["gateway"].sign("profile", **PERSON)
    assert verifier.verify(token) is verifier.verify(token)
    with time_machine.travel(time.time() + 70):
        assert refused(verifier, token)


def test_a_signer_uses_a_token_again_while_it_lives(keys: harness.Keys) -> None:
    signer = harness.Signer("gateway", keys.directory)
    first = signer.for_service("profile")
    assert signer.for_service("profile") == first
    assert signer.for_service("loyalty") != first
    with time_machine.travel(time.time() + 40):
        assert signer.for_service("profile") != first


@pytest.mark.parametrize("by_the_wall_clock", [-3600.0, 0.0, 3600.0])
def test_what_is_kept_of_a_token_lives_by_the_monotonic_clock(
    keys: harness.Keys, verifier: Verifier, monkeypatch: pytest.MonkeyPatch, by_the_wall_clock: float
) -> None:
    """A minute goes by, and the wall clock is set meanwhile: nothing is kept longer for that."""
    signer = Signer("gateway", keys.directory)
    actor = Actor("anna", "person", frozenset({"agent"}), ROLES["agent"])
    token = signer.for_actor("profile", actor)
    assert verifier.verify(token) == actor
    monotonic, wall = time.monotonic(), time.time()
    monkeypatch.setattr(time, "monotonic", lambda: monotonic + 61)
    monkeypatch.setattr(time, "time", lambda: wall + by_the_wall_clock)
    monkeypatch.setattr(verifier, "_claims", lambda _: pytest.fail("verified anew"))
    with pytest.raises(pytest.fail.Exception, match="verified anew"):
        verifier.verify(token)
    assert signer.for_actor("profile", actor) != token


async def test_a_route_asks_for_its_scope(client: httpx.AsyncClient, as_role: Headers, as_service: Headers) -> None:
    assert (await client.get("/v1/me", headers=as_role("agent"))).json()["subject"] == "agent-1"
    post = {"json": {"name": "x"}}
    denied = await client.post("/v1/things", headers=as_role("auditor"), **post)
    assert (denied.status_code, denied.json()["code"]) == (403, "forbidden")
    assert (await client.post("/v1/things", headers=as_service(), **post)).status_code == 403
    assert (await client.get("/v1/open", headers={"Authorization": "none"})).status_code == 200


async def test_nobody_gets_in_without_a_token_and_the_body_is_not_even_read(client: httpx.AsyncClient) -> None:
    for value in ("none", "Bearer", "Bearer x", "Basic YTpi"):
        answer = await client.post("/v1/things", content=b"{", headers={"Authorization": value})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_identity_headers_are_not_believed(client: httpx.AsyncClient, as_role: Headers) -> None:
    forged = {"X-User": "admin", "X-Roles": "admin", "X-Forwarded-User": "admin"}
    assert (await client.get("/v1/me", headers=as_role("agent") | forged)).json()["subject"] == "agent-1"


def app_with(keys: harness.Keys, router: APIRouter) -> FastAPI:
    settings = sample.Settings(database_url="postgresql://nowhere/none", keys=keys.directory)
    return sample.create_app(settings, Ports(running=False, logs=False), routers=[router])


@pytest.mark.parametrize("make", [APIRouter, service_router])
def test_a_route_without_a_policy_stops_the_service(keys: harness.Keys, make: Callable[[], APIRouter]) -> None:
    router = make()

    @router.get("/forgotten")
    async def forgotten() -> None: ...

    with pytest.raises(RuntimeError, match="GET /forgotten"):
        app_with(keys, router)


async def test_a_route_added_later_without_a_policy_stops_the_start(keys: harness.Keys, tmp_path: Path) -> None:
    router = APIRouter(dependencies=[public()])

    @router.get("/fine")
    async def fine() -> None: ...

    app = app_with(keys, router)
    app.mount("/files", StaticFiles(directory=tmp_path))

    @app.get("/late")
    async def late() -> None: ...

    with pytest.raises(RuntimeError, match=r"GET /late$"):
        async with app.router.lifespan_context(app):
            raise AssertionError("it started")


def test_a_scope_that_does_not_exist_is_a_mistake() -> None:
    for scopes in (("points:read", "points:reed"), ()):
        with pytest.raises(ValueError, match="not a scope"):
            allow(*scopes)


def test_no_role_can_reach_what_services_call_one_another_with() -> None:
    assert all("internal" not in scopes and scopes <= SCOPES for scopes in ROLES.values())
    assert not ROLES["auditor"] & {scope for scope in SCOPES - EVERY_CUSTOMER if not scope.endswith(":read")}
    assert ROLES["admin"] == SCOPES - {"internal"}


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"partner"}))
def test_only_a_manager_is_held_to_the_accounts_it_looks_after(role: str) -> None:
    def person(*roles: str) -> Actor:
        return Actor("who", "person", frozenset(roles), scopes_of(roles))

    assert person(role).sees_every_customer == (role != "manager")
    assert person(role, "manager").sees_every_customer == (role != "manager"), "who has another role besides is not"
    assert Actor("tiering", "service").sees_every_customer
    partner = Actor("shop", "partner", frozenset({"partner"}), SCOPES, uuid4())
    assert not partner.sees_every_customer, "whatever scopes it has"
