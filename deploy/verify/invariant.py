"""Shapes of an invariant: inside one database, between an owner and one subscriber, or a scan of its own; a fourth,
which works decisions out anew, is in `recomputed`.

Each names itself in a sentence that is true of a sound system; its SQL returns the rows that make it false.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deploy.verify.report import MAX_EXAMPLES, Result, outcome_of
from deploy.verify.snapshots import SharedConnection, Snapshots
from shared.events import OWNERS

ALL_SERVICES = ("gateway", "profile", "tiering", "complaint", "loyalty")
PAGE = 2000  # rows

# Whatever was recorded before this instant has left its owner's event log with the months that were dropped, whole and
# in their order: that it was announced can not be seen any more. Of what was recorded since, everything is still there.
CUT = "(select coalesce(max(recorded_before), '-infinity') from outbox_cut)"

# Customers whose personal data was erased, or is to be (P13): nobody knows them any more, by any reference. What they
# did stays, under ids.
ERASED = "(select customer_id from erased_customer where person_id is null)"


class Invariant(Protocol):
    """Something that must hold: a stable code, a sentence that is true of a sound system, and how it is checked."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def check(self, snapshots: Snapshots) -> Result: ...


def describe(row: Any) -> str:
    """A row as `column=value` pairs."""
    return " ".join(f"{key}={value}" for key, value in row.items())


@dataclass(frozen=True)
class Within:
    """What must hold inside each of some databases: `checked` counts rows, `offending` returns those that break it.

    Both are SQL. `noted` says that what it finds is no fault, but something an operator must know.
    """

    code: str
    name: str
    services: Sequence[str]
    checked: str
    offending: str
    noted: bool = False

    async def check(self, snapshots: Snapshots) -> Result:
        checked, offending, examples = 0, 0, []
        for service in self.services:
            connection = snapshots.now[service]
            checked += int(await connection.fetchval(self.checked) or 0)
            rows = await connection.fetch(self.offending)
            offending += len(rows)
            examples += [f"{service}: {describe(row)}" for row in rows[:MAX_EXAMPLES]]
        return Result(
            self.code,
            self.name,
            outcome_of(offending, noted=self.noted),
            checked,
            offending,
            tuple(examples[:MAX_EXAMPLES]),
        )


@dataclass(frozen=True)
class Rows:
    """Rows of one service; the first column is `key`, unique.

    `of_events` finds the keys of events ($1: their ids), `of_streams` what of streams ($1: their keys) was cut.
    """

    service: str
    sql: str
    of_events: str | None = None
    of_streams: str | None = None


@dataclass(frozen=True)
class Between:
    """What the owner has is what the subscriber has made of it: nothing missing, nothing unknown, nothing different.

    Equal digests settle it at once. Otherwise both sides are read in order of `key` and merged as streams, so a million
    rows need no memory, and what differs is reported row by row. An event of this owner that was gone past (a hole)
    excuses its rows and its stream: the hole has a line of its own. Where the owner's log no longer has the event, all
    that was recorded for its stream before the cut is excused.
    """

    code: str
    name: str
    owner: Rows
    subscriber: Rows

    async def check(self, snapshots: Snapshots) -> Result:
        sides = {
            snapshots.before[self.owner.service]: self.owner.sql,
            snapshots.after[self.owner.service]: self.owner.sql,
        }
        sides[snapshots.now[self.subscriber.service]] = self.subscriber.sql
        before, *others = await asyncio.gather(*(digest(connection, sql) for connection, sql in sides.items()))
        if all(other == before for other in others):
            return Result(self.code, self.name, "holds", before[0])
        return await self._compare(snapshots)

    async def _compare(self, snapshots: Snapshots) -> Result:
        excused = await self._excused(snapshots)
        before = in_order(snapshots.before[self.owner.service], self.owner.sql)
        now = in_order(snapshots.now[self.subscriber.service], self.subscriber.sql)
        after = in_order(snapshots.after[self.owner.service], self.owner.sql)
        checked, offending = 0, 0
        examples: list[str] = []
        async for was, has, later in merged(before, now, after):
            checked += 1
            fault = self._fault(was, has, later, excused)
            if fault:
                offending += 1
                if len(examples) < MAX_EXAMPLES:
                    examples.append(f"{self.subscriber.service}: {fault}")
        return Result(self.code, self.name, outcome_of(offending), checked, offending, tuple(examples))

    async def _excused(self, snapshots: Snapshots) -> set[str]:
        """Keys of this owner's events that were gone past, and the streams they are missing from."""
        topics = [topic for topic, owner in OWNERS.items() if owner == self.owner.service]
        holes = await snapshots.now[self.subscriber.service].fetch(
            "select topic, key, seq, event_id from stream_hole where topic = any($1)", topics
        )
        excused = {hole["key"] for hole in holes}
        if not holes:
            return excused
        owner = snapshots.after[self.owner.service]
        if self.owner.of_events is not None:
            ids = [hole["event_id"] for hole in holes if hole["event_id"]]
            excused |= {str(row["key"]) for row in await owner.fetch(self.owner.of_events, ids)}
        if self.owner.of_streams is not None:
            cuts = await owner.fetch("select topic, key, seq from outbox_cut where key = any($1)", list(excused))
            cut = {(row["topic"], row["key"]): row["seq"] for row in cuts}
            gone = {h["key"] for h in holes if h["seq"] <= cut.get((h["topic"], h["key"]), 0)}
            excused |= {str(row["key"]) for row in await owner.fetch(self.owner.of_streams, list(gone))}
        return excused

    def _fault(self, was: "Row | None", has: "Row | None", later: "Row | None", excused: set[str]) -> str | None:
        settled = was is not None and later is not None and was.values == later.values and later.key not in excused
        if has is None:
            return f"missing {was}" if settled else None
        if later is None:
            return None if was is not None else f"unknown to {self.owner.service}: {has}"
        if settled and has.values != later.values:
            return f"{has} but {self.owner.service} has {later}"
        return None


@dataclass(frozen=True)
class Row:
    """One row of a side, its key in words, and its other columns by name."""

    key: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return " ".join([self.key, *(f"{name}={value}" for name, value in self.values.items())])


async def digest(connection: SharedConnection, sql: str) -> tuple[int, int]:
    """How many rows a query returns, and the sum of their hashes.

    That is the same for the same rows in any order, and for practically no others. Rows that are equal but
    of another type on the other side (a text and a uuid) only cost the longer way.
    """
    row = await connection.fetchrow(
        f"""select count(*) as rows, coalesce(sum(hash_record_extended(r, 0)), 0) as hashes
            from ({sql}) as r"""
    )
    return int(row["rows"]), int(row["hashes"])


async def in_order(connection: SharedConnection, sql: str) -> AsyncIterator[Row]:
    """The rows of a query by key, in an order that is the same in every database whatever its collation."""
    ordered = f'select * from ({sql}) as r order by key::text collate "C"'
    previous: str | None = None
    async for page in connection.pages(ordered, PAGE):
        for record in page:
            values = dict(record)
            key = str(values.pop("key"))
            if key == previous:
                # Two rows of one key: the second gets a key of its own, so that it is found on neither side.
                key = f"{key} (again)"
            else:
                previous = key
            yield Row(key, values)


async def merged(*streams: AsyncIterator[Row]) -> AsyncIterator[tuple[Row | None, ...]]:
    """Ordered streams side by side: for each key what each of them has."""
    heads = [await anext(stream, None) for stream in streams]
    while any(head is not None for head in heads):
        key = min(head.key for head in heads if head is not None)
        side = tuple(head if head is not None and head.key == key else None for head in heads)
        yield side
        for i, row in enumerate(side):
            if row is not None:
                heads[i] = await anext(streams[i], None)


@dataclass(frozen=True)
class Scan:
    """What SQL alone can not say: a function that returns how many it checked, and a line for each that breaks it."""

    code: str
    name: str
    scan: Callable[[Snapshots], Awaitable[tuple[int, list[str]]]]
    noted: bool = False

    async def check(self, snapshots: Snapshots) -> Result:
        checked, offending = await self.scan(snapshots)
        return Result(
            self.code,
            self.name,
            outcome_of(offending, noted=self.noted),
            checked,
            len(offending),
            tuple(offending[:MAX_EXAMPLES]),
        )
