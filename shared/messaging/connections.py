"""Connections that learn what Postgres's own types are once a process, not once a connection.

asyncpg asks for each type it has not met (`uuid[]`, `jsonb[]` …) with a recursive query that takes longer to plan than
most of ours to run, on every connection anew: a twentieth of the work of a system that has just started. What the
server's own types are never changes: their numbers are fixed in its source.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import asyncpg

FIRST_OTHER_OID = 10_000  # Postgres: src/include/access/transam.h, FirstGenbkiObjectId; below are hand-assigned ones

_known: dict[frozenset[int], Any] = {}


class Connection(asyncpg.Connection):
    __slots__ = ()

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> Any:
        """Called by asyncpg with the numbers it does not know; a release that calls it otherwise just asks again."""
        asked = frozenset(typeoids)
        ask = super()._introspect_types  # type: ignore[misc]
        if max(asked) >= FIRST_OTHER_OID:
            return await ask(asked, timeout)
        if asked not in _known:
            types, statement = await ask(asked, timeout)
            _known[asked] = (types, SimpleNamespace(name=statement.name))
        return _known[asked]
