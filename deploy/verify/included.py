"""Two further shapes of invariants: rows of one service are among those of another, and several checks as one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.verify.invariant import Invariant, Row, Rows, digest, in_order, merged
from deploy.verify.report import MAX_EXAMPLES, Outcome, Result, outcome_of
from deploy.verify.snapshots import Snapshots


@dataclass(frozen=True)
class Included:
    """Each row of one service is among those of another, as it is there, whichever of them made it first.

    Where facts come to both sides on their own ways, neither is the owner: what one of them had at the start, and
    still has, the other has after the wait. Two of these, one in each direction, say that both have the same. A gap
    (hole) of either side in the stream of a row's `key` or `customer_id` excuses the row: it has a line of its own.
    """

    code: str
    name: str
    rows: Rows
    among: Rows

    async def check(self, snapshots: Snapshots) -> Result:
        here, there = snapshots.before[self.rows.service], snapshots.after[self.among.service]
        (checked, hashes), others = await asyncio.gather(digest(here, self.rows.sql), digest(there, self.among.sql))
        if (checked, hashes) == others:
            return Result(self.code, self.name, "holds", checked)
        return await self._compare(snapshots)

    async def _compare(self, snapshots: Snapshots) -> Result:
        excused = await self._excused(snapshots)
        before = in_order(snapshots.before[self.rows.service], self.rows.sql)
        later = in_order(snapshots.after[self.rows.service], self.rows.sql)
        among = in_order(snapshots.after[self.among.service], self.among.sql)
        checked, offending = 0, 0
        examples: list[str] = []
        async for was, still, there in merged(before, later, among):
            if was is None or still is None or was.values != still.values:
                continue
            checked += 1
            if (there is not None and there.values == was.values) or not excused.isdisjoint(_streams_of(was)):
                continue
            offending += 1
            if len(examples) < MAX_EXAMPLES:
                has = "nothing" if there is None else str(there)
                examples.append(f"{self.rows.service}: {was}, but {self.among.service} has {has}")
        return Result(self.code, self.name, outcome_of(offending), checked, offending, tuple(examples))

    async def _excused(self, snapshots: Snapshots) -> set[str]:
        holes = [
            await snapshots.now[service].fetch("select key from stream_hole")
            for service in (self.rows.service, self.among.service)
        ]
        return {hole["key"] for of_service in holes for hole in of_service}


def _streams_of(row: Row) -> set[str]:
    return {row.key, str(row.values.get("customer_id"))}


@dataclass(frozen=True)
class Every:
    """Several checks that are one sentence: it holds when all of them do."""

    code: str
    name: str
    parts: Sequence[Invariant]

    async def check(self, snapshots: Snapshots) -> Result:
        results = await asyncio.gather(*(part.check(snapshots) for part in self.parts))
        severities: tuple[Outcome, ...] = ("broken", "noted", "holds")
        outcome = min((result.outcome for result in results), key=severities.index)
        examples = tuple(example for result in results for example in result.examples)
        return Result(
            self.code,
            self.name,
            outcome,
            sum(result.checked for result in results),
            sum(result.offending for result in results),
            examples[:MAX_EXAMPLES],
        )


def the_same(code: str, name: str, *pairs: tuple[Rows, Rows]) -> Every:
    """Both sides of each pair have the same rows."""
    parts = [Included(code, name, *sides) for pair in pairs for sides in (pair, pair[::-1])]
    return Every(code, name, parts)
