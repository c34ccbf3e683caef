"""The invariant that recomputes: what a service keeps is what its own pure rules make of the facts, worked out again.

SQL compares what is kept with what is kept elsewhere; a decision can be wrong in all of these places alike. This kind
reads the facts of a page of keys, decides anew and compares. It does so in a transaction of its own, so that facts and
decisions are of one instant; what differs is looked at once more later, in another one, before it is reported.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from deploy.verify.report import MAX_EXAMPLES, Result, outcome_of
from deploy.verify.snapshots import Connection, Snapshots
from shared.messaging import Transaction

MOST = 1_000  # keys that are recomputed; of more, half of them those that changed last, the others at random
PAGE = 250  # keys
PAUSE_SECONDS = 0.5  # before what differs is looked at again

Faults = Mapping[UUID, Sequence[str]]
Recompute = Callable[[Sequence[UUID]], Awaitable[Faults]]


@dataclass(frozen=True)
class Recomputed:
    """What a service keeps of each key is what its rules make of the facts.

    `keys` is SQL that returns every `key` (a UUID) with when it was `touched` last, or null. `begin` gets a transaction
    that sees one instant and returns what finds the faults of a page of keys: sentences, by key. `most`: how many
    keys are recomputed; None: all of them.
    """

    code: str
    name: str
    service: str
    keys: str
    begin: Callable[[Transaction], Awaitable[Recompute]]
    most: int | None = MOST

    async def check(self, snapshots: Snapshots) -> Result:
        connection = snapshots.own[self.service]
        await _read_json(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            known, chosen = await self._choose(connection)
            suspected = await self._faults(connection, chosen, snapshots.progress)
        faults: Faults = {}
        if suspected:
            await asyncio.sleep(PAUSE_SECONDS)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                faults = await self._faults(connection, sorted(suspected), snapshots.progress)
        lines = [f"{self.service}: {line}" for key in faults for line in faults[key]]
        return Result(
            self.code, self.name, outcome_of(len(lines)), len(chosen), len(lines), tuple(lines[:MAX_EXAMPLES]), known
        )  # fmt: skip

    async def _choose(self, connection: Connection) -> tuple[int, list[UUID]]:
        """How many keys there are, and those that are recomputed, in order."""
        known = int(await connection.fetchval(f"select count(*) from ({self.keys}) as k"))
        if self.most is None or known <= self.most:
            rows = await connection.fetch(f"select key from ({self.keys}) as k order by key")
            return known, [row["key"] for row in rows]
        rows = await connection.fetch(
            f"""with k as materialized ({self.keys}),
                lately as (select key from k order by touched desc nulls last limit $1)
                (select key from lately)
                union all
                (select key from k where key not in (select key from lately) order by random() limit $2)""",
            self.most // 2, self.most - self.most // 2,
        )  # fmt: skip
        return known, sorted(row["key"] for row in rows)

    async def _faults(
        self, connection: Connection, keys: Sequence[UUID], progress: Callable[[str, int, int], None]
    ) -> dict[UUID, Sequence[str]]:
        at: datetime = await connection.fetchval("select now()")
        recompute = await self.begin(Transaction(cast(Any, None), connection, at, lambda work: None))
        faults: dict[UUID, Sequence[str]] = {}
        for start in range(0, len(keys), PAGE):
            progress(self.code, start, len(keys))
            of_page = await recompute(keys[start : start + PAGE])
            faults |= {key: lines for key, lines in of_page.items() if lines}
        progress(self.code, len(keys), len(keys))
        return faults


async def _read_json(connection: Connection) -> None:
    """What services read from their databases are values, where asyncpg by itself gives the text of `jsonb`."""
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
