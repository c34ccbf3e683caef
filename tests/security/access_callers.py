"""Every kind of caller that the access matrix knows, with the token each shows to a service."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from shared.chassis.access import SCOPES
from tests import harness
from tests.security.asgi import ask
from tests.security.partners import Partner
from tests.system import System

ROLES = ("agent", "manager", "head", "analyst", "auditor", "admin")
LIFE_SECONDS = 60
Claims = dict[str, Any]


@dataclass(frozen=True)
class AccessCaller:
    """Who asks. `right` is its name in the table of rights (`""`: what it shows proves nothing); `partner` which of the
    two it is; `show` makes its token anew, as tokens live a minute and a suite longer."""

    name: str
    show: Callable[[], str | None]
    right: str = ""
    partner: Partner | None = None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        token = self.show()
        return [] if token is None else [(b"authorization", b"Bearer " + token.encode())]


def impostors(keys: harness.Keys, service: str, partner: Partner) -> Iterator[AccessCaller]:
    """Tokens that prove nothing here, each wrong in one respect: 401 at every operation that is not for everybody."""
    another = another_than(service)
    admin: Claims = {"sub": "mallory", "kind": "person", "roles": ["admin"], "scopes": sorted(SCOPES - {"internal"})}
    public_key = (keys.directory / "gateway.public.pem").read_bytes()

    def signed(by: str = "gateway", audience: str = service, **more: Any) -> Callable[[], str]:
        return lambda: keys.signers[by].sign(audience, **admin | more)

    def with_headers(maker: Callable[[Claims], str]) -> Callable[[], str]:
        return lambda: maker(
            {"iss": "gateway", "aud": service, "iat": int(time.time()), "exp": int(time.time()) + LIFE_SECONDS,
             "jti": uuid4().hex} | admin
        )  # fmt: skip

    def in_time(seconds: int) -> Callable[[], str]:
        return lambda: keys.signers["gateway"].sign(service, now=time.time() + seconds, **admin)

    yield AccessCaller("nobody", lambda: None)
    yield AccessCaller("an empty token", lambda: "")
    yield AccessCaller("text that is no token", lambda: "not-a-token")
    yield AccessCaller("an unknown partner key", lambda: f"pk_{'a' * 32}")
    yield AccessCaller("an expired token", in_time(-3600))
    yield AccessCaller("a token of tomorrow", in_time(86_400))
    yield AccessCaller("a token that lives too long", signed(life=86_400))
    yield AccessCaller("a token for another service", signed(audience=another))
    yield AccessCaller("a changed signature", lambda: _with_changed_signature(signed()()))
    yield AccessCaller("no signature", with_headers(unsigned))
    yield AccessCaller("signed with the public key", with_headers(lambda claims: signed_with(public_key, claims)))
    yield AccessCaller("another service speaks for a person", signed(by=another))
    yield AccessCaller("a person with internal scopes", signed(scopes=sorted(SCOPES)))
    yield AccessCaller("a partner without its id", signed(roles=["partner"]))
    yield AccessCaller("a partner of another form", signed(kind="partner", partner_id=f"{partner.id} or 1=1"))
    yield AccessCaller(
        "a service with a person's scopes",
        lambda: keys.signers[another].sign(service, sub=another, kind="service", scopes=["customers:read", "internal"]),
    )


def another_than(service: str) -> str:
    return next(name for name in ("tiering", "loyalty") if name != service)


def _with_changed_signature(token: str) -> str:
    return token[:-8] + ("A" * 8 if not token.endswith("A" * 8) else "B" * 8)


def unsigned(claims: Claims) -> str:
    """A token that says of itself that it needs no signature."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def signed_with(public_key: bytes, claims: Claims) -> str:
    """As if the public key were a shared secret; by hand, as libraries refuse to make such a token."""
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_in_base64(hmac.digest(public_key, signed.encode(), 'sha256'))}"


def _part(value: Claims) -> str:
    return _in_base64(json.dumps(value).encode())


def _in_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def proven(keys: harness.Keys, service: str, partners: tuple[Partner, Partner]) -> Iterator[AccessCaller]:
    """Callers who are who they say: each role, a role that does not exist, both partners, services and the operator."""

    def person(role: str, **more: Any) -> Callable[[], str]:
        return lambda: _token(keys.headers(service, role, **more))

    for role in ROLES:
        yield AccessCaller(role, person(role), role)
    yield AccessCaller("a role of no meaning", person("emperor"), "emperor")
    yield AccessCaller("a person with no scope", person("agent", scopes=[]), "nothing")
    for name, partner in zip(("partner one", "partner two"), partners, strict=True):
        yield AccessCaller(name, person("partner", partner_id=partner.id), "partner", partner)
    another = another_than(service)
    yield AccessCaller(f"the service {another}", lambda: _token(keys.internal(service, another)), "service")
    yield AccessCaller("the operator", lambda: _token(keys.internal(service)), "operator")


async def of_the_gateway(
    system: System, partners: tuple[Partner, Partner], secrets: tuple[str, str]
) -> list[AccessCaller]:
    """Callers there are only at the gateway: signed out, a revoked key, each partner's own key, and people who signed
    in with the development issuer. `secrets` are the first partner's key and a revoked one of the same partner."""
    app = system.apps["gateway"]

    async def sign_in(role: str) -> str:
        body = json.dumps({"role": role}).encode()
        answer = await ask(app, "POST", "/dev/token", [(b"content-type", b"application/json")], body)
        assert answer.status == 200, answer.text
        return str(answer.json()["access_token"])

    def shown(token: str) -> Callable[[], str]:
        return lambda: token

    ended = AccessCaller("somebody who signed out", shown(await sign_in("admin")))
    assert (await ask(app, "POST", "/v1/sign-out", ended.headers)).status == 204
    return [
        ended,
        AccessCaller("a revoked key", shown(secrets[1])),
        AccessCaller("partner one's key", shown(secrets[0]), "partner", partners[0]),
        AccessCaller("an agent who signed in", shown(await sign_in("agent")), "agent"),
        AccessCaller("an auditor who signed in", shown(await sign_in("auditor")), "auditor"),
    ]


def _token(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")
