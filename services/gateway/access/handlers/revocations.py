"""Tokens that were ended before they expired: the list that every process of the gateway keeps a copy of."""

import time

from services.gateway.access.domain.revoked_tokens import RevokedToken
from services.gateway.access.handlers.refreshed_copy import OVERLAP, RefreshedCopy
from services.gateway.access.repository import list_revoked_tokens
from shared.messaging import Database, Transaction


class Revocations(RefreshedCopy[bytes]):
    """The copy of the list, by the names of tokens. What expires does so by the wall clock, as tokens do."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._read: RevokedToken | None = None  # the newest that was read
        self._expires_at: dict[bytes, float] = {}

    def __contains__(self, token_name: bytes) -> bool:
        return token_name in self._expires_at

    def add(self, token_name: bytes, expires_at: float) -> None:
        """A token was ended here."""
        self._expires_at[token_name] = expires_at

    async def read_new(self, tx: Transaction) -> set[bytes]:
        """Read which tokens were ended; returns their names."""
        since = None if self._read is None else self._read.revoked_at - OVERLAP
        tokens = await list_revoked_tokens(tx, since)
        ended = {token.name for token in tokens} - self._expires_at.keys()
        self._expires_at |= {token.name: token.expires_at.timestamp() for token in tokens}
        self._read = tokens[-1] if tokens else self._read
        self._forget_expired()
        return ended

    def _forget_expired(self) -> None:
        over = time.time()
        for name in [name for name, expires_at in self._expires_at.items() if expires_at < over]:
            del self._expires_at[name]
