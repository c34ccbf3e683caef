"""Verifies credentials: a partner's key, a person's token (development issuer or OIDC provider), a service's token."""

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
import structlog

from services.gateway.access.domain import KeyHolder, digest_of, key_id_in
from services.gateway.access.handlers.actors import partner_actor, person_from_claims
from services.gateway.access.handlers.development_tokens import DEV_ISSUER, PEOPLE_AUDIENCE, public_key_of_people
from services.gateway.access.repository import find_key_holder
from services.gateway.settings import Settings
from shared.chassis import Actor, Refused
from shared.chassis.access.tokens import Verifier
from shared.http import new_client
from shared.messaging import Database

log = structlog.get_logger(__name__)

KEY_SECONDS = 2.0  # how long a key that was revoked elsewhere may still be accepted
MOST_CACHED = 4096
LONGEST_TOKEN = 8192
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
JWKS_SECONDS = 300.0
REQUIRED = ["exp", "aud", "iss", "sub"]


def unauthorized(code: str, detail: str) -> Refused:
    """401 with the challenge that RFC 9110 asks for."""
    return Refused(401, code, detail, headers={"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True, slots=True)
class CachedCredential:
    """A verified credential and whose it is; valid until `until`, seconds since 1970."""

    until: float
    actor: Actor
    key_id: UUID | None = None


class Authenticator:
    """Bearer token -> actor. One a process; what it verified is cached for as long as it stays true."""

    def __init__(self, settings: Settings, database: Database, verifier: Verifier) -> None:
        self.settings = settings
        self.database = database
        self.verifier = verifier
        self._cached: OrderedDict[str, CachedCredential] = OrderedDict()
        self._jwks: tuple[float, dict[str, jwt.PyJWK]] = (0.0, {})

    async def actor(self, token: str) -> Actor:
        """Whose token it is; Refused 401 `token_invalid`, `token_expired` or `key_revoked`."""
        cached = self._cached.get(token)
        now = time.time()
        if cached is not None and cached.until > now:
            return cached.actor
        if len(token) > LONGEST_TOKEN:
            raise unauthorized("token_invalid", "The token is not valid.")
        cached = await self._verify_key(token, now) if token.startswith("pk_") else await self._verify_token(token)
        self._cached[token] = cached
        self._cached.move_to_end(token)
        if len(self._cached) > MOST_CACHED:
            self._cached.popitem(last=False)
        return cached.actor

    def forget_key(self, key_id: UUID) -> None:
        """The key was revoked here: drop what was cached of it, so that it opens nothing from now on."""
        for token in [token for token, cached in self._cached.items() if cached.key_id == key_id]:
            del self._cached[token]

    async def _verify_key(self, secret: str, now: float) -> CachedCredential:
        key_id = key_id_in(secret)
        holder: KeyHolder | None = None
        if key_id is not None:
            async with self.database.transaction() as tx:
                holder = await find_key_holder(tx, key_id)
        if holder is None or not hmac.compare_digest(holder.digest, digest_of(secret)):
            raise unauthorized("token_invalid", "The key is not valid.")
        if holder.revoked:
            raise unauthorized("key_revoked", "The key was revoked.")
        return CachedCredential(now + KEY_SECONDS, partner_actor(holder.partner_id, str(holder.key_id)), holder.key_id)

    async def _verify_token(self, token: str) -> CachedCredential:
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if issuer == DEV_ISSUER and self.settings.dev_issuer:
                claims = self._decode(token, public_key_of_people(self.settings.keys), DEV_ISSUER, PEOPLE_AUDIENCE)
                return CachedCredential(float(claims["exp"]), person_from_claims(claims, "roles", "partner_id"))
            if self.settings.oidc_issuer is not None and issuer == self.settings.oidc_issuer:
                key = await self._provider_key(jwt.get_unverified_header(token))
                claims = self._decode(
                    token, key, self.settings.oidc_issuer, self.settings.oidc_audience or PEOPLE_AUDIENCE
                )
                roles, partner = self.settings.oidc_roles_claim, self.settings.oidc_partner_claim
                return CachedCredential(float(claims["exp"]), person_from_claims(claims, roles, partner))
        except jwt.ExpiredSignatureError:
            raise unauthorized("token_expired", "The token has expired.") from None
        except (jwt.PyJWTError, OSError, ValueError, TypeError, ArithmeticError, RecursionError):
            raise unauthorized("token_invalid", "The token is not valid.") from None
        return CachedCredential(0.0, self._verify_service_token(token))  # the verifier caches these itself

    def _verify_service_token(self, token: str) -> Actor:
        try:
            return self.verifier.verify(token)
        except Refused:
            code = "token_expired" if has_expired(token) else "token_invalid"
            raise unauthorized(code, "The token is not valid.") from None

    @staticmethod
    def _decode(token: str, key: Any, issuer: str, audience: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=ALGORITHMS, issuer=issuer, audience=audience, options={"require": REQUIRED}, leeway=5
        )
        return claims

    async def _provider_key(self, header: dict[str, Any]) -> Any:
        """The provider's key for a token. Its keys are read again after 5 min, for an unknown one after 10 s."""
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


def has_expired(token: str) -> bool:
    """Whether a token says of itself, unverified, that it has expired: only to name why it was refused."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return float(claims["exp"]) < time.time()
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, ArithmeticError, RecursionError):
        return False
