"""Bearer token or key -> actor: what was verified or refused is remembered, and who fails often waits."""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

from services.gateway.access.domain.employees import has_left
from services.gateway.access.domain.failed_sign_ins import (
    FailedSignIns,
    InvalidCredential,
    InvalidCredentials,
    network_of,
)
from services.gateway.access.handlers.credentials import CredentialVerifier, VerifiedCredential
from services.gateway.access.handlers.employees import EmployeeDirectory
from services.gateway.access.handlers.provider_keys import ProviderKeys
from services.gateway.access.handlers.provider_sign_in import ProviderSignIn
from services.gateway.access.handlers.refusals import NotVerified, too_many_failed_sign_ins, unauthorized
from services.gateway.access.handlers.revocations import Revocations
from services.gateway.access.handlers.sign_ins import actor_of_sign_in
from services.gateway.settings import Settings
from shared.chassis import Actor
from shared.chassis.access.tokens import Verifier
from shared.chassis.observability.security_log import SecurityLog
from shared.messaging import Database

MOST_CACHED = 4096
LEFT_SECONDS = 2.0  # how long a sign-in is refused that may be good again: somebody came back
PAUSE_SECONDS = 1.0  # on average, before who fails often is told to wait
MOST_PAUSED = 200  # at once; further ones are told at once, so that nobody fills the server by being paused


class Authenticator:
    """Credential -> actor. One a process; what it verified is cached for as long as it stays true."""

    def __init__(self, settings: Settings, database: Database, verifier: Verifier, security_log: SecurityLog) -> None:
        url = settings.oidc_jwks_url
        provider = None if url is None else ProviderKeys(url, security_log)
        self.verifier = CredentialVerifier(settings, database, verifier, provider)
        self.provider_sign_in = ProviderSignIn(settings, provider)
        self.revocations = Revocations(database)
        self.directory = EmployeeDirectory(database)
        self._paused = 0  # refusals that wait for their second to be over
        self._revoked_here = 0  # keys, so far
        self._cached: OrderedDict[str, VerifiedCredential] = OrderedDict()
        self._invalid = InvalidCredentials()
        self._failures_of_addresses = FailedSignIns(settings.failed_sign_ins)
        self._failures_of_credentials = FailedSignIns(settings.failed_sign_ins)

    async def actor(self, credential: str, address: str) -> Actor:
        """Whose credential it is, that was sent from an address.

        Raises Refused 401 `token_invalid`, `token_expired`, `token_revoked` or `key_revoked`, 429
        `too_many_failed_sign_ins`, and 503 where it cannot be told.
        """
        return self.known_actor(credential) or (await self.verified(credential, address)).actor

    def known_actor(self, credential: str) -> Actor | None:
        """Whose credential it is, when that is known here and now; None when it has to be looked at."""
        cached = self._cached.get(credential)
        if cached is None:
            return None
        now = time.monotonic()
        if now >= cached.until or time.time() >= cached.expires_at:
            return None
        if cached.token_name is not None and now >= min(self.revocations.fresh_until, self.directory.fresh_until):
            return None
        return cached.actor

    async def verified(self, credential: str, address: str) -> VerifiedCredential:
        """The verified credential, as `actor` gives its actor."""
        cached = self._cached.get(credential)
        network, digest = network_of(address), blake2b(credential.encode("utf-8", "replace"), digest_size=16).digest()
        if cached is None:  # who was known before is not held up by what others guess from the same address
            await self._refuse_who_fails_often(network, digest)
        try:
            return await self._verified_anew(credential, digest, cached)
        except NotVerified as refused:
            self._cached.pop(credential, None)
            self._record(refused, network, digest)
            raise refused.refusal from None

    def _record(self, refused: NotVerified, network: str, digest: bytes) -> None:
        """Remember a refused credential, and count it: against its address only when it was looked at just now.

        One that is sent again and again costs nothing; where a system goes on to send a dead key, the next key works.
        """
        now, refusal = time.monotonic(), refused.refusal
        if not refused.was_remembered:
            until = now + refused.seconds
            self._invalid.remember(digest, InvalidCredential(refusal.code, str(refusal.detail), until, refused.counts))
        if refused.counts:
            self._failures_of_credentials.record(digest, now)
            if not refused.was_remembered:
                self._failures_of_addresses.record(network, now)

    async def _refuse_who_fails_often(self, network: str, digest: bytes) -> None:
        """429 for who has to wait, told after a pause: what guesses at full speed on many connections would take the
        process's time from everybody by refusals alone."""
        now = time.monotonic()
        wait = max(self._failures_of_addresses.wait(network, now), self._failures_of_credentials.wait(digest, now))
        if wait <= 0:
            return
        if self._paused < MOST_PAUSED:
            self._paused += 1
            try:
                await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # else all of them come again at once
            finally:
                self._paused -= 1
        raise too_many_failed_sign_ins(wait)

    async def _verified_anew(
        self, credential: str, digest: bytes, cached: VerifiedCredential | None
    ) -> VerifiedCredential:
        now, revoked_before = time.monotonic(), self._revoked_here
        invalid = self._invalid.find(digest, now)
        if invalid is not None:
            raise NotVerified(unauthorized(invalid.code, invalid.detail), counts=invalid.counts, was_remembered=True)
        if cached is None or now >= cached.until or time.time() >= cached.expires_at:
            cached = await self.verifier.verify(credential, was_good=cached is not None)
        if cached.token_name is not None:
            await self._refuse_ended(cached.token_name)
            cached = await self._as_employee(cached)
        if self._revoked_here == revoked_before:  # else it may be that key, read just before
            self._cached[credential] = cached
            self._cached.move_to_end(credential)
            if len(self._cached) > MOST_CACHED:
                self._cached.popitem(last=False)
        return cached

    async def _refuse_ended(self, token_name: bytes) -> None:
        """Refuse a token that was ended, here or at another process, at most two seconds ago."""
        if time.monotonic() >= self.revocations.fresh_until:
            ended = await self.revocations.refresh()
            if ended:
                self._forget(lambda cached: cached.token_name in ended)
        if token_name in self.revocations:
            raise NotVerified(unauthorized("token_revoked", "The token was ended by signing out."), counts=False)

    async def _as_employee(self, credential: VerifiedCredential) -> VerifiedCredential:
        """The credential of a person as the employee that it is, by the directory of at most two seconds ago. Refuse
        who left: their sign-in opens nothing, whatever its provider says."""
        if time.monotonic() >= self.directory.fresh_until and await self.directory.refresh():
            self._forget(lambda cached: cached.sign_in is not None)
        sign_in = credential.sign_in
        if sign_in is None:
            return credential
        employee = self.directory.find(sign_in)
        if has_left(employee, datetime.now(UTC)):
            refusal = unauthorized("no_longer_employed", "Whoever signs in so has left: the sign-in opens nothing.")
            raise NotVerified(refusal, seconds=LEFT_SECONDS, counts=False)
        return replace(credential, actor=actor_of_sign_in(sign_in, employee))

    def forget_key(self, key_id: UUID) -> None:
        """The key was revoked here: drop what was cached of it, so that it opens nothing from now on."""
        self._revoked_here += 1
        self._forget(lambda cached: cached.key_id == key_id)

    def forget_token(self, token_name: bytes, expires_at: float) -> None:
        """The token was ended here: it opens nothing from now on."""
        self.revocations.add(token_name, expires_at)
        self._forget(lambda cached: cached.token_name == token_name)

    def _forget(self, is_meant: Callable[[VerifiedCredential], bool]) -> None:
        for credential in [credential for credential, cached in self._cached.items() if is_meant(cached)]:
            del self._cached[credential]
