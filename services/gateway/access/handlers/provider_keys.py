"""The keys of the identity provider: kept by its own word, read anew beside the requests, used on while it is away.

A token costs the provider nothing: only a key id that nobody knows may ask it, once in ten seconds for all tokens
together. Times are of the monotonic clock.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
import structlog

from services.gateway.access.domain.freshness import fresh_seconds
from services.gateway.access.handlers.provider_http import fetch_document
from services.gateway.access.handlers.refusals import token_invalid
from shared.chassis import Refused
from shared.chassis.observability.security_log import SecurityLog

log = structlog.get_logger(__name__)

ALGORITHMS = ("RS256", "ES256", "EdDSA")
READ_SECONDS = 2.0  # of all of it: connecting, the head and the last byte of the body
PAUSE_SECONDS = 10.0  # between two questions, when the keys are known: an unknown key id, a provider that is away
PAUSE_WITHOUT_KEYS = 2.0  # between two questions, when nothing is known: meanwhile 503
STALE_SECONDS = 3600.0  # how long keys are used that are not fresh any more, while the provider is away
MOST_KEYS = 100


class ProviderKeys:
    """The keys by their ids. One a process."""

    def __init__(self, url: str, security_log: SecurityLog) -> None:
        self.url = url
        self.security_log = security_log
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fresh_until = 0.0
        self._usable_until = 0.0
        self._asked_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def key_of(self, header: Mapping[str, Any]) -> Any:
        """The key that a token with this head was signed with.

        Raises NotVerified for an unknown key, and Refused 503 `identity_provider_unavailable` where no keys are known
        at all.
        """
        algorithm, kid = header.get("alg"), str(header.get("kid", ""))
        if algorithm not in ALGORITHMS:
            raise token_invalid()
        now = time.monotonic()
        if now >= self._usable_until:
            await self._read_once(PAUSE_WITHOUT_KEYS)
            if time.monotonic() >= self._usable_until:
                raise provider_unavailable()
        elif kid not in self._keys:
            await self._read_once(PAUSE_SECONDS)
        elif now >= self._fresh_until:
            self._begin_reading(PAUSE_SECONDS)
        key = self._keys.get(kid)
        if key is None:
            raise token_invalid(seconds=PAUSE_SECONDS)
        if key.algorithm_name != algorithm:
            raise token_invalid()
        return key.key

    async def _read_once(self, pause: float) -> None:
        """Wait for the question that is on its way, or for a new one when the last was at least `pause` seconds ago."""
        self._begin_reading(pause)
        if self._reading is not None:
            await asyncio.shield(self._reading)

    def _begin_reading(self, pause: float) -> None:
        """Ask the provider, unless it is asked already or was asked less than `pause` seconds ago."""
        now = time.monotonic()
        if self._reading is None and (self._asked_at is None or now - self._asked_at >= pause):
            self._reading = asyncio.create_task(self._read(), name="gateway:provider_keys")

    async def _read(self) -> None:
        """Read the keys. What goes wrong leaves those that are known as they are."""
        try:
            keys, seconds = await _published(self.url)
        except Exception as error:  # whatever a provider answers, nobody's request may break by it
            log.warning("identity_provider_unavailable", error=type(error).__name__, known_keys=len(self._keys))
            self.security_log.count("identity_provider_unavailable")
        else:
            now = time.monotonic()
            self._keys = keys
            self._fresh_until = now + seconds
            self._usable_until = self._fresh_until + STALE_SECONDS
        finally:
            self._reading, self._asked_at = None, time.monotonic()


async def _published(url: str) -> tuple[dict[str, jwt.PyJWK], float]:
    """The keys for signatures that are published, and for how many seconds they are fresh. ValueError for none."""
    document, headers = await fetch_document(url, seconds=READ_SECONDS)
    if len(document["keys"]) > MOST_KEYS:
        raise ValueError("too many keys")
    published = jwt.PyJWKSet.from_dict(document).keys
    for_signatures = [key for key in published if key.public_key_use != "enc" and key.algorithm_name in ALGORITHMS]
    keys = {str(key.key_id or ""): key for key in for_signatures}
    if not keys:
        raise ValueError("no key for signatures")
    return keys, fresh_seconds(dict(headers), datetime.now(UTC))


def provider_unavailable() -> Refused:
    """503 to who signs in at a provider whose keys are not known: it can not be reached, or answers nonsense."""
    return Refused(
        503,
        "identity_provider_unavailable",
        "The identity provider can not be reached, so its tokens can not be verified for the moment.",
        headers={"Retry-After": str(int(PAUSE_WITHOUT_KEYS))},
    )
