"""Connections that learn what Postgres's own types are once a process, not once a connection.

asyncpg asks for each type it has not met (`uuid[]`, `jsonb[]` …) with a recursive query that takes longer to plan than
most of ours to run, on every connection anew: a twentieth of the work of a system that has just started. What the
server's own types are never changes: their numbers are fixed in its source.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import asyncpg

# Postgres: src/include/access/transam.h, FirstGenbkiObjectId; types with smaller numbers are assigned by hand
FIRST_GENERATED_OID = 10_000

_built_in_types: dict[frozenset[int], Any] = {}


class Connection(asyncpg.Connection):
    """An asyncpg connection that shares the descriptions of Postgres's built-in types within the process."""

    __slots__ = ()

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> Any:
        """Called by asyncpg with the numbers it does not know; a release that calls it otherwise just asks again."""
        oids = frozenset(typeoids)
        introspect = super()._introspect_types  # type: ignore[misc]
        if max(oids) >= FIRST_GENERATED_OID:
            return await introspect(oids, timeout)
        if oids not in _built_in_types:
            types, statement = await introspect(oids, timeout)
            _built_in_types[oids] = (types, SimpleNamespace(name=statement.name))
        return _built_in_types[oids]
