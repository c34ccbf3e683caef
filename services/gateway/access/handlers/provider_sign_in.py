"""People sign in at the identity provider by authorization code with PKCE, and get a session of the gateway's own.

The session is a token that the gateway signs: small, whatever the provider puts into its own, and ended by signing out.
It says who was signed in and with which roles at that time; whether they are still employed is looked up as with every
person's token.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
import jwt

from services.gateway.access.domain.claims import ClaimPath, ClaimPlaces
from services.gateway.access.domain.code_flow import SignInAttempt, SignInFailed
from services.gateway.access.handlers.actors import person_from_claims
from services.gateway.access.handlers.development_tokens import (
    PEOPLE_AUDIENCE,
    private_key_of_people,
    public_key_of_people,
)
from services.gateway.access.handlers.provider_http import fetch_document
from services.gateway.access.handlers.provider_keys import ALGORITHMS, ProviderKeys
from services.gateway.access.handlers.refusals import NotVerified
from services.gateway.settings import Settings
from shared.chassis import Actor, Refused
from shared.chassis.server.start_checks import is_loopback

DESK_ISSUER = "patron-desk"
DESK_CLAIMS = ClaimPlaces(
    subject=ClaimPath(("sub",)), roles=ClaimPath(("roles",)), partner=ClaimPath(("partner_id",)), roles_of={}
)
ATTEMPT_AUDIENCE = "patron-sign-in"
ATTEMPT_SECONDS = 600
ASK_SECONDS = 5.0
METADATA_SECONDS = 3600.0  # how long the provider's addresses are used without asking again
LEEWAY_SECONDS = 5
BROKEN = (jwt.PyJWTError, httpx.HTTPError, OSError, ValueError, TypeError, KeyError, RecursionError)


@dataclass(frozen=True, slots=True)
class ProviderEndpoints:
    """Where the provider signs people in and out, and gives tokens (OpenID Connect Discovery)."""

    authorization: str
    token: str
    end_session: str | None

    @classmethod
    def read(cls, document: Any, issuer: str) -> Self:
        """From the provider's document. ValueError for another issuer's, and for addresses that are not https."""
        if document["issuer"] != issuer:
            raise ValueError("the document of another issuer")
        ending = document.get("end_session_endpoint")
        endpoints = (document["authorization_endpoint"], document["token_endpoint"], *filter(None, [ending]))
        for endpoint in endpoints:
            parts = urlsplit(endpoint)
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
                raise ValueError("an endpoint that is not https")
        return cls(endpoints[0], endpoints[1], ending)


class ProviderSignIn:
    """The flow with one provider. One a process; nothing of an attempt is kept here, so any replica can finish it."""

    def __init__(self, settings: Settings, keys: ProviderKeys | None) -> None:
        self.settings = settings
        self.keys = keys
        self.issuer = settings.oidc_issuer or ""
        self.client_id = settings.oidc_client_id or ""
        self._endpoints: ProviderEndpoints | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    @property
    def is_configured(self) -> bool:
        """Whether people sign in at a provider."""
        return bool(self.client_id) and self.keys is not None

    async def begin(self, redirect_uri: str) -> tuple[str, str]:
        """Where to send the browser, and what it keeps of the attempt meanwhile."""
        endpoints, attempt = await self._load_endpoints(), SignInAttempt.begin()
        address = attempt.address(
            endpoints.authorization, self.client_id, redirect_uri, self.settings.oidc_scopes
        )  # fmt: skip
        claims = {"state": attempt.state, "nonce": attempt.nonce, "verifier": attempt.verifier}
        return address, self._sign(ATTEMPT_AUDIENCE, ATTEMPT_SECONDS, claims)

    async def complete(self, kept: str | None, answer: Mapping[str, str], redirect_uri: str) -> str:
        """The session of who was signed in. `kept` is what the browser kept of the attempt, `answer` what the provider
        sent it back with. SignInFailed when nobody was."""
        attempt = self._attempt(kept)
        code = attempt.code_in(answer, self.issuer)
        tokens = await self._exchange(code, attempt.verifier, redirect_uri)
        person = await self._person(attempt, tokens)
        claims = {"sub": person.subject, "roles": sorted(person.roles)}
        return self._sign(PEOPLE_AUDIENCE, self.settings.desk_session_minutes * 60, claims)

    async def end_address(self, back_to: str) -> str | None:
        """Where people sign out of the provider as well; None where it says none."""
        try:
            endpoint = (await self._load_endpoints()).end_session
        except SignInFailed:
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        return None if endpoint is None else f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def _attempt(self, kept: str | None) -> SignInAttempt:
        try:
            claims = jwt.decode(
                kept or "",
                public_key_of_people(self.settings.keys),
                algorithms=["EdDSA"],
                issuer=DESK_ISSUER,
                audience=ATTEMPT_AUDIENCE,
                options={"require": ["exp", "aud", "iss"]},
            )
            return SignInAttempt(claims["state"], claims["nonce"], claims["verifier"])
        except BROKEN:
            raise SignInFailed("expired", "no attempt") from None

    async def _load_endpoints(self) -> ProviderEndpoints:
        """The provider's addresses; those that are known are used on while it is away."""
        async with self._lock:
            if self._endpoints is None or time.monotonic() - self._read_at > METADATA_SECONDS:
                url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                try:
                    document, _ = await fetch_document(url, seconds=ASK_SECONDS)
                    self._endpoints, self._read_at = ProviderEndpoints.read(document, self.issuer), time.monotonic()
                except BROKEN as error:
                    if self._endpoints is None:
                        raise SignInFailed("unavailable", f"no addresses: {type(error).__name__}") from None
            return self._endpoints

    async def _exchange(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """The tokens behind a code."""
        endpoints, secret = await self._load_endpoints(), self.settings.oidc_client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        auth = None if secret is None else httpx.BasicAuth(self.client_id, secret.get_secret_value())
        try:
            tokens, _ = await fetch_document(endpoints.token, seconds=ASK_SECONDS, form=form, auth=auth)
        except ValueError as error:
            raise SignInFailed("failed", f"no token: {error}") from None
        except BROKEN as error:
            raise SignInFailed("unavailable", f"no token: {type(error).__name__}") from None
        if not isinstance(tokens, Mapping):
            raise SignInFailed("failed", "no tokens")
        return tokens

    async def _person(self, attempt: SignInAttempt, tokens: Mapping[str, Any]) -> Actor:
        """Who was signed in, with the roles that the id token says, or else the access token, where Keycloak puts
        them."""
        identity = await self._claims(tokens.get("id_token"), self.client_id)
        attempt.check_nonce(identity)
        places = self.settings.oidc_claims
        claims = identity
        if places.roles.find_in(identity) is None and isinstance(tokens.get("access_token"), str):
            claims = await self._access_claims(tokens["access_token"], identity)
        try:
            person = person_from_claims(claims, places)
        except (ValueError, TypeError, AttributeError):
            raise SignInFailed("failed", "odd claims") from None
        if not person.roles or person.partner_id is not None:
            raise SignInFailed("no_role", "no role of the company")
        return person

    async def _access_claims(self, token: str, identity: Mapping[str, Any]) -> Mapping[str, Any]:
        """The claims of an access token that is a JWT of the same person; else those of the id token."""
        try:
            claims = await self._claims(token, None)
        except SignInFailed:
            return identity  # it need not be a JWT at all
        return claims if claims.get("sub") == identity.get("sub") else identity

    async def _claims(self, token: Any, audience: str | None) -> Mapping[str, Any]:
        assert self.keys is not None
        try:
            key = await self.keys.key_of(jwt.get_unverified_header(token))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                issuer=self.issuer,
                audience=audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "sub"], "verify_aud": audience is not None},
            )
        except NotVerified as error:
            raise SignInFailed("failed", str(error)) from None
        except Refused as error:
            raise SignInFailed("unavailable", error.code) from None
        except BROKEN as error:
            raise SignInFailed("failed", f"not a token: {type(error).__name__}") from None
        return claims

    def _sign(self, audience: str, seconds: int, claims: Mapping[str, Any]) -> str:
        now = int(time.time())
        fixed = {"iss": DESK_ISSUER, "aud": audience, "iat": now, "exp": now + seconds, "jti": uuid4().hex}
        return jwt.encode(fixed | dict(claims), private_key_of_people(self.settings.keys), algorithm="EdDSA")
