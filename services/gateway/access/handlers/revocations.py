"""Tokens that were ended before they expired: the list that every process of the gateway keeps a copy of.

The list lies in the database, so that all replicas hear of a sign-out: each reads what is new at most two seconds after
it was written, when somebody asks. While the database is away the copy is used on for half a minute.
"""

import asyncio
import time
from datetime import timedelta

import structlog

from services.gateway.access.domain.revoked_tokens import RevokedToken
from services.gateway.access.repository import list_revoked_tokens
from shared.messaging import Database

log = structlog.get_logger(__name__)

FRESH_SECONDS = 2.0
STALE_SECONDS = 30.0
PAUSE_SECONDS = 1.0  # between two questions while the database does not answer
READ_SECONDS = 1.0
OVERLAP = timedelta(seconds=60)  # read again each time: what was written before and committed since


class Revocations:
    """The copy of the list. Times are of the monotonic clock; what expires does so by the wall clock, as tokens do."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.fresh_until = 0.0
        self._usable_until = 0.0
        self._read: RevokedToken | None = None  # the newest that was read
        self._expires_at: dict[bytes, float] = {}
        self._lock = asyncio.Lock()

    def __contains__(self, token_name: bytes) -> bool:
        return token_name in self._expires_at

    def add(self, token_name: bytes, expires_at: float) -> None:
        """A token was ended here."""
        self._expires_at[token_name] = expires_at

    async def refresh(self) -> set[bytes]:
        """Read what is new, unless somebody just did. Returns the names of tokens that were ended meanwhile.

        Raises the database's error when it is away and the copy is too old to be believed.
        """
        async with self._lock:
            now = time.monotonic()
            if now < self.fresh_until:
                return set()
            try:
                async with asyncio.timeout(READ_SECONDS):
                    return await self._read_new(now)
            except Exception as error:
                if time.monotonic() >= self._usable_until:
                    raise
                log.warning("revocations_not_read", error=type(error).__name__)
                self.fresh_until = time.monotonic() + PAUSE_SECONDS
                return set()

    async def _read_new(self, now: float) -> set[bytes]:
        since = None if self._read is None else self._read.revoked_at - OVERLAP
        async with self.database.transaction() as tx:
            tokens = await list_revoked_tokens(tx, since)
        ended = {token.name for token in tokens} - self._expires_at.keys()
        self._expires_at |= {token.name: token.expires_at.timestamp() for token in tokens}
        self._read = tokens[-1] if tokens else self._read
        self._forget_expired()
        self.fresh_until, self._usable_until = now + FRESH_SECONDS, now + STALE_SECONDS
        return ended

    def _forget_expired(self) -> None:
        over = time.time()
        for name in [name for name, expires_at in self._expires_at.items() if expires_at < over]:
            del self._expires_at[name]
