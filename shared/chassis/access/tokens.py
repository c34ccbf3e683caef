"""The 60-second tokens that services show one another: Ed25519, made for one service, verified the same way in tests.

The keys lie in one directory: `<name>.public.pem` of everybody, `<name>.private.pem` of oneself. Only the gateway may
speak for people and partners; other services and the operator speak for themselves and only with `internal` and `ops`.

When a token expires is said by the wall clock, as `exp` is. How long one is kept here is counted by the monotonic
clock beside it, so that a wall clock that is set back never keeps one longer than it lives.
"""

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared.chassis.access.identity import OPERATIONS, SCOPES, Actor, Kind, scopes_of, unauthenticated

LIFE_SECONDS = 60
RENEW_SECONDS = 25  # a token is used again until it has less than this to live
LEEWAY_SECONDS = 5  # clocks of two machines
REMEMBERED = 4096
LONGEST = 4096  # characters
SPEAKS_FOR_OTHERS = "gateway"
ISSUER_FORM = re.compile(r"[a-z][a-z0-9_-]{0,31}")
REQUIRED = ["exp", "iat", "aud", "iss", "sub", "jti"]


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token that was signed here; `renew_at` is an instant of the monotonic clock, `expires_at` of the wall clock."""

    text: str
    renew_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Whom a verified token speaks for; `until` is by the monotonic clock, `expires_at` by the wall clock."""

    actor: Actor
    until: float
    expires_at: float


class Signer:
    """Signs with one service's private key."""

    def __init__(self, name: str, keys: Path) -> None:
        self.name = name
        self._file = keys / f"{name}.private.pem"
        self._key: bytes | None = None
        self._signed: OrderedDict[tuple[str, Actor], SignedToken] = OrderedDict()

    def for_actor(self, audience: str, actor: Actor) -> str:
        """A token that says who asks; the last one made for that actor while it has long enough to live."""
        signed = self._signed.get((audience, actor))
        if (
            signed is not None
            and signed.renew_at > time.monotonic()
            and signed.expires_at - time.time() > RENEW_SECONDS
        ):
            return signed.text
        began, now = time.monotonic(), time.time()
        token = self.sign(
            audience,
            sub=actor.subject,
            kind=actor.kind,
            roles=sorted(actor.roles),
            scopes=sorted(actor.scopes),
            partner_id=None if actor.partner_id is None else str(actor.partner_id),
            employee_id=actor.employee_id,
            units=sorted(actor.units),
        )
        self._signed[audience, actor] = SignedToken(token, began + LIFE_SECONDS - RENEW_SECONDS, now + LIFE_SECONDS)
        if len(self._signed) > REMEMBERED:
            self._signed.popitem(last=False)
        return token

    def for_service(self, audience: str) -> str:
        """A token by which this service speaks for itself, with the scopes of services."""
        return self.for_actor(audience, Actor(self.name, "service", scopes=OPERATIONS))

    def sign(self, audience: str, *, now: float | None = None, life: int = LIFE_SECONDS, **claims: Any) -> str:
        """A signed token with these claims, made for one audience; `now` and `life` are seconds."""
        if self._key is None:
            self._key = self._file.read_bytes()
        at = int(time.time() if now is None else now)
        fixed = {"iss": self.name, "aud": audience, "iat": at, "exp": at + life, "jti": uuid4().hex}
        return jwt.encode(fixed | claims, self._key, algorithm="EdDSA")


class Verifier:
    """Verifies tokens made for one service. A verified one is remembered until it expires."""

    def __init__(self, service: str, keys: Path) -> None:
        self.service = service
        self.keys = keys
        self._public: dict[str, tuple[float, Ed25519PublicKey]] = {}
        self._verified: OrderedDict[str, VerifiedToken] = OrderedDict()

    def verify(self, token: str) -> Actor:
        """Who the token speaks for; 401 `unauthenticated` for one that is not valid here and now."""
        verified = self._verified.get(token)
        if verified is not None and verified.until > time.monotonic() and verified.expires_at > time.time():
            return verified.actor
        claims = self._claims(token)
        actor = _actor_of(claims)
        expires_at = float(claims["exp"])
        self._verified[token] = VerifiedToken(actor, time.monotonic() + expires_at - time.time(), expires_at)
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return actor

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise unauthenticated()
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public_key(issuer),
                algorithms=["EdDSA"],
                audience=self.service,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED},
            )
        except (jwt.PyJWTError, OSError, ValueError, TypeError, RecursionError):
            raise unauthenticated() from None
        lives = claims["exp"] - claims["iat"]
        if not isinstance(claims["aud"], str) or not 0 < lives <= LIFE_SECONDS or not isinstance(claims["sub"], str):
            raise unauthenticated()
        return claims

    def _public_key(self, issuer: object) -> Ed25519PublicKey:
        """Read again when the file was replaced, so that keys can be changed without a restart."""
        if not isinstance(issuer, str) or not ISSUER_FORM.fullmatch(issuer):
            raise ValueError("not an issuer")
        file = self.keys / f"{issuer}.public.pem"
        changed = file.stat().st_mtime
        if issuer not in self._public or self._public[issuer][0] != changed:
            key = load_pem_public_key(file.read_bytes())
            if not isinstance(key, Ed25519PublicKey):
                raise ValueError("not an Ed25519 key")
            self._public[issuer] = (changed, key)
        return self._public[issuer][1]


def _actor_of(claims: dict[str, Any]) -> Actor:
    """What the issuer may say, and nothing more."""
    kind: Kind = claims.get("kind", "")
    roles, scopes, partner = claims.get("roles") or [], claims.get("scopes"), claims.get("partner_id")
    if kind not in ("person", "partner", "service") or not _texts(roles) or not _texts(scopes or []):
        raise unauthenticated()
    granted = (frozenset(scopes) if scopes is not None else scopes_of(roles)) & SCOPES
    if kind == "service":
        if claims["sub"] != claims["iss"] or roles or partner is not None or not granted <= OPERATIONS:
            raise unauthenticated()
        return Actor(claims["iss"], "service", scopes=granted)
    if claims["iss"] != SPEAKS_FOR_OTHERS or "internal" in granted:
        raise unauthenticated()
    if partner is None and (kind == "partner" or "partner" in roles):
        raise unauthenticated()  # without its id it would see everybody's customers
    try:
        partner_id = None if partner is None else UUID(partner)
    except (ValueError, AttributeError, TypeError):
        raise unauthenticated() from None
    employee, units = claims.get("employee_id"), claims.get("units") or []
    if not isinstance(employee, str | None) or not _texts(units) or (units and employee is None):
        raise unauthenticated()
    return Actor(claims["sub"], kind, frozenset(roles), granted, partner_id, employee, frozenset(units))


def _texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
