"""Verifies one credential: a partner's key, a person's token (development issuer or OIDC), a service's token."""

import asyncio
import hmac
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt

from services.gateway.access.domain.claims import ClaimPlaces
from services.gateway.access.domain.partner_keys import KeyHolder, digest_of, key_id_in
from services.gateway.access.domain.revoked_tokens import end_of_life, name_of_token
from services.gateway.access.handlers.actors import partner_actor, sign_in_from_claims
from services.gateway.access.handlers.development_tokens import (
    DEV_ISSUER,
    DEVELOPMENT_CLAIMS,
    PEOPLE_AUDIENCE,
    public_key_of_people,
)
from services.gateway.access.handlers.provider_keys import ALGORITHMS, ProviderKeys
from services.gateway.access.handlers.provider_sign_in import DESK_CLAIMS, DESK_ISSUER
from services.gateway.access.handlers.refusals import NotVerified, token_invalid, unauthorized
from services.gateway.access.handlers.sign_ins import SignIn
from services.gateway.access.repository import find_key_holder
from services.gateway.settings import Settings
from shared.chassis import Actor, Refused
from shared.chassis.access.tokens import Verifier
from shared.messaging import Database

KEY_SECONDS = 2.0  # how long a key that was revoked elsewhere may still be accepted
TOKEN_SECONDS = 3600.0  # how long a token is believed without verifying it again
LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 5  # clocks of two machines
REQUIRED = ["exp", "aud", "iss", "sub"]
MOST_LOOKUPS = 4  # keys at once that were not verified before: the other connections are for who is known
BROKEN = (jwt.PyJWTError, OSError, ValueError, TypeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class VerifiedCredential:
    """A verified credential and whose it is.

    `until` is an instant of the monotonic clock, `expires_at` of the wall clock: it is good before both. `key_id` is a
    partner's key, `token_name` the name under which a person's token can be ended, `sign_in` what it said of the
    person, who is not yet known to be an employee.
    """

    actor: Actor
    until: float
    expires_at: float = float("inf")
    key_id: UUID | None = None
    token_name: bytes | None = None
    sign_in: SignIn | None = None


class CredentialVerifier:
    """Credential -> whose it is; NotVerified for what is none. Nothing is remembered here."""

    def __init__(
        self, settings: Settings, database: Database, verifier: Verifier, provider: ProviderKeys | None
    ) -> None:
        self.settings = settings
        self.database = database
        self.verifier = verifier
        self.provider = provider
        self._lookups = asyncio.Semaphore(MOST_LOOKUPS)

    async def verify(self, credential: str, *, was_good: bool) -> VerifiedCredential:
        """Verify a key or a token. `was_good` ones do not wait behind those that are presented for the first time."""
        if len(credential) > LONGEST_TOKEN:
            raise token_invalid()
        if not credential.startswith("pk_"):
            return await self._verify_token(credential)
        if was_good:
            return await self._verify_key(credential)
        async with self._lookups:
            return await self._verify_key(credential)

    async def _verify_key(self, secret: str) -> VerifiedCredential:
        key_id = key_id_in(secret)
        holder: KeyHolder | None = None
        until = time.monotonic() + KEY_SECONDS
        if key_id is not None:
            async with self.database.transaction() as tx:
                holder = await find_key_holder(tx, key_id)
        if holder is None or not hmac.compare_digest(holder.digest, digest_of(secret)):
            raise NotVerified(unauthorized("token_invalid", "The key is not valid."))
        if holder.revoked:
            raise NotVerified(unauthorized("key_revoked", "The key was revoked."))
        return VerifiedCredential(partner_actor(holder.partner_id, str(holder.key_id)), until, key_id=holder.key_id)

    async def _verify_token(self, token: str) -> VerifiedCredential:
        settings = self.settings
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if issuer == DEV_ISSUER and settings.dev_issuer:
                key = public_key_of_people(settings.keys)
                return self._person(token, key, DEV_ISSUER, PEOPLE_AUDIENCE, DEVELOPMENT_CLAIMS)
            if issuer == DESK_ISSUER and settings.oidc_client_id is not None:
                key = public_key_of_people(settings.keys)
                return self._person(token, key, DESK_ISSUER, PEOPLE_AUDIENCE, DESK_CLAIMS)
            if self.provider is not None and issuer is not None and issuer == settings.oidc_issuer:
                key = await self.provider.key_of(jwt.get_unverified_header(token))
                audience = settings.oidc_audience or PEOPLE_AUDIENCE
                return self._person(token, key, issuer, audience, settings.oidc_claims)
        except jwt.ExpiredSignatureError:  # it is looked at after the signature: the token was good once
            raise NotVerified(unauthorized("token_expired", "The token has expired."), counts=False) from None
        except jwt.ImmatureSignatureError:
            raise token_invalid(seconds=1.0) from None
        except BROKEN:
            raise token_invalid() from None
        return self._verify_service_token(token)

    @staticmethod
    def _person(token: str, key: Any, issuer: str, audience: str, places: ClaimPlaces) -> VerifiedCredential:
        """The person of a token, whose claims say it at these places."""
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            issuer=issuer,
            audience=audience,
            options={"require": REQUIRED},
            leeway=LEEWAY_SECONDS,
        )
        sign_in = sign_in_from_claims(claims, places)
        expires_at = end_of_life(claims, LEEWAY_SECONDS)
        until = time.monotonic() + min(TOKEN_SECONDS, expires_at - time.time())
        name = name_of_token(token, claims)
        return VerifiedCredential(sign_in.person, until, expires_at, token_name=name, sign_in=sign_in)

    def _verify_service_token(self, token: str) -> VerifiedCredential:
        until = time.monotonic() + KEY_SECONDS
        try:
            return VerifiedCredential(self.verifier.verify(token), until)  # the verifier knows when it ends
        except Refused:
            if has_expired(token):
                raise NotVerified(unauthorized("token_expired", "The token is not valid.")) from None
            raise token_invalid() from None


def has_expired(token: str) -> bool:
    """Whether a token says of itself, unverified, that it has expired: only to name why it was refused."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return float(claims["exp"]) < time.time()
    except (*BROKEN, KeyError):
        return False
