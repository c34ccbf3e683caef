"""Who is at the door: a partner's key, a person's token (development issuer or OIDC provider), a service's."""

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import structlog

from services.gateway.access.domain import KeyHolder, digest_of, key_id_in
from services.gateway.access.repository import find_key_holder
from services.gateway.references.domain import source_of_partner
from services.gateway.settings import Settings
from shared.chassis import Actor, Refused
from shared.chassis.access import ROLES, scopes_of
from shared.chassis.tokens import Verifier
from shared.http import new_client
from shared.messaging import Database

log = structlog.get_logger(__name__)

DEV_ISSUER = "patron-development"
PEOPLE = "patron-people"  # audience of people's tokens; no service's name, so none of them is one of a service's
KEY_SECONDS = 2.0  # how long a key that was revoked elsewhere may still open this door
REMEMBERED = 4096
LONGEST = 8192
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
JWKS_SECONDS = 300.0
REQUIRED = ["exp", "aud", "iss", "sub"]
NOT_FOR_PEOPLE = frozenset({"internal"})


def refused(code: str, detail: str) -> Refused:
    return Refused(401, code, detail, headers={"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True, slots=True)
class Known:
    """A verified credential, remembered for a moment."""

    until: float
    actor: Actor
    key_id: UUID | None = None


class Door:
    """Verifies what is presented. One a process."""

    def __init__(self, settings: Settings, database: Database, verifier: Verifier) -> None:
        self.settings = settings
        self.database = database
        self.verifier = verifier
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._jwks: tuple[float, dict[str, jwt.PyJWK]] = (0.0, {})

    async def actor(self, token: str) -> Actor:
        known = self._known.get(token)
        now = time.time()
        if known is not None and known.until > now:
            return known.actor
        if len(token) > LONGEST:
            raise refused("token_invalid", "The token is not valid.")
        known = await self._of_key(token, now) if token.startswith("pk_") else await self._of_token(token)
        self._known[token] = known
        self._known.move_to_end(token)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known.actor

    def forget_key(self, key_id: UUID) -> None:
        """It was revoked here: it opens nothing from now on."""
        for token in [token for token, known in self._known.items() if known.key_id == key_id]:
            del self._known[token]

    async def _of_key(self, secret: str, now: float) -> Known:
        key_id = key_id_in(secret)
        holder: KeyHolder | None = None
        if key_id is not None:
            async with self.database.transaction() as tx:
                holder = await find_key_holder(tx, key_id)
        if holder is None or not hmac.compare_digest(holder.digest, digest_of(secret)):
            raise refused("token_invalid", "The key is not valid.")
        if holder.revoked:
            raise refused("key_revoked", "The key was revoked.")
        return Known(now + KEY_SECONDS, partner_actor(holder.partner_id, str(holder.key_id)), holder.key_id)

    async def _of_token(self, token: str) -> Known:
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if issuer == DEV_ISSUER and self.settings.dev_issuer:
                claims = self._decode(token, public_key_of_people(self.settings.keys), DEV_ISSUER, PEOPLE)
                return Known(float(claims["exp"]), person_of(claims, "roles", "partner_id"))
            if self.settings.oidc_issuer is not None and issuer == self.settings.oidc_issuer:
                key = await self._key_of_provider(jwt.get_unverified_header(token))
                claims = self._decode(token, key, self.settings.oidc_issuer, self.settings.oidc_audience or PEOPLE)
                roles, partner = self.settings.oidc_roles_claim, self.settings.oidc_partner_claim
                return Known(float(claims["exp"]), person_of(claims, roles, partner))
        except jwt.ExpiredSignatureError:
            raise refused("token_expired", "The token has expired.") from None
        except (jwt.PyJWTError, OSError, ValueError, TypeError, ArithmeticError, RecursionError):
            raise refused("token_invalid", "The token is not valid.") from None
        return Known(0.0, self._service(token))  # the verifier remembers these itself

    def _service(self, token: str) -> Actor:
        try:
            return self.verifier.verify(token)
        except Refused:
            code = "token_expired" if has_expired(token) else "token_invalid"
            raise refused(code, "The token is not valid.") from None

    @staticmethod
    def _decode(token: str, key: Any, issuer: str, audience: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=ALGORITHMS, issuer=issuer, audience=audience, options={"require": REQUIRED}, leeway=5
        )
        return claims

    async def _key_of_provider(self, header: dict[str, Any]) -> Any:
        """The provider's keys, read again after five minutes, or earlier (not all the time) for one we do not know."""
        read_at, keys = self._jwks
        kid = str(header.get("kid", ""))
        age = time.monotonic() - read_at
        if not keys or age > JWKS_SECONDS or (kid not in keys and age > 10):
            keys = await self._read_jwks()
            self._jwks = (time.monotonic(), keys)
        key = keys.get(kid)
        if key is None or header.get("alg") not in ALGORITHMS or key.algorithm_name != header["alg"]:
            raise ValueError("no such key")
        return key.key

    async def _read_jwks(self) -> dict[str, jwt.PyJWK]:
        assert self.settings.oidc_jwks_url is not None
        async with new_client() as client:
            answer = await client.get(self.settings.oidc_jwks_url)
            answer.raise_for_status()
        return {str(key.key_id or ""): key for key in jwt.PyJWKSet.from_dict(answer.json()).keys}


def partner_actor(partner_id: UUID, key: str) -> Actor:
    return Actor(
        f"{source_of_partner(partner_id)}/{key}", "partner", frozenset({"partner"}), ROLES["partner"], partner_id
    )


def person_of(claims: dict[str, Any], roles_claim: str, partner_claim: str) -> Actor:
    """What an issuer says about a person, in our roles. A role we do not know gives nothing."""
    said = claims.get(roles_claim) or []
    if not isinstance(said, list) or not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 200:
        raise ValueError("odd claims")
    roles = frozenset(role for role in said if isinstance(role, str) and role in ROLES)
    partner = claims.get(partner_claim)
    partner_id = None if partner is None else UUID(str(partner))
    if "partner" in roles and partner_id is None:
        raise ValueError("a partner's person without its partner would see everybody")
    if partner_id is not None:
        roles &= {"partner"}
    return Actor(claims["sub"], "person", roles, scopes_of(roles) - NOT_FOR_PEOPLE, partner_id)


def has_expired(token: str) -> bool:
    """Only to say why a token was refused."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return float(claims["exp"]) < time.time()
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, ArithmeticError, RecursionError):
        return False


def development_token(settings: Settings, role: str, partner_id: UUID | None, subject: str | None) -> str:
    """A person's token of the development issuer."""
    now = int(time.time())
    claims = {
        "iss": DEV_ISSUER,
        "aud": PEOPLE,
        "sub": subject or f"dev-{role}",
        "iat": now,
        "exp": now + settings.dev_token_hours * 3600,
        "roles": [role],
        "partner_id": None if partner_id is None else str(partner_id),
    }
    return jwt.encode(claims, private_key_of_people(settings.keys), algorithm="EdDSA")


def private_key_of_people(keys: Path) -> bytes:
    """A key of its own (`people`) where there is one, or else the gateway's; the audience keeps the two apart."""
    own = keys / "people.private.pem"
    return (own if own.exists() else keys / "gateway.private.pem").read_bytes()


def public_key_of_people(keys: Path) -> bytes:
    own = keys / "people.public.pem"
    return (own if own.exists() else keys / "gateway.public.pem").read_bytes()
