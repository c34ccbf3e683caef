"""The three shapes of an invariant: inside one database, between an owner and one that listens, or a scan of its own.

Each names itself in a sentence that is true of a sound system; its SQL returns the rows that make it false.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deploy.verify.moments import Connection, Moments
from deploy.verify.report import SHOWN, Result, outcome_of

ALL = ("gateway", "profile", "tiering", "complaint", "loyalty")


class Invariant(Protocol):
    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def check(self, moments: Moments) -> Result: ...


def words(row: Any) -> str:
    """A row as `column=value` pairs."""
    return " ".join(f"{key}={value}" for key, value in row.items())


@dataclass(frozen=True)
class Within:
    """`checked` counts what is looked at; `offending` returns the rows that break it. In each of `services`."""

    code: str
    name: str
    services: Sequence[str]
    checked: str
    offending: str
    noted: bool = False

    async def check(self, moments: Moments) -> Result:
        checked, found, examples = 0, 0, []
        for service in self.services:
            connection = moments.now[service]
            checked += int(await connection.fetchval(self.checked) or 0)
            rows = await connection.fetch(self.offending)
            found += len(rows)
            examples += [f"{service}: {words(row)}" for row in rows[:SHOWN]]
        return Result(
            self.code, self.name, outcome_of(found, noted=self.noted), checked, found, tuple(examples[:SHOWN])
        )


@dataclass(frozen=True)
class Rows:
    """Rows of one service. The first column is `key` (unique); a column `event_id` is not compared (see Between)."""

    service: str
    sql: str


@dataclass(frozen=True)
class Between:
    """What the owner told is what the listener has: nothing missing, nothing unknown, nothing different.

    Both sides are read in order of `key` and merged as streams, so a million rows need no memory. An event that an
    operator dropped (a hole) excuses the row whose `event_id` or stream it is: the hole has a line of its own.
    """

    code: str
    name: str
    told: Rows
    heard: Rows

    async def check(self, moments: Moments) -> Result:
        listener = moments.now[self.heard.service]
        holes = await listener.fetch("select key, event_id from stream_hole")
        dropped = {str(value) for hole in holes for value in hole.values() if value is not None}
        before = in_order(moments.before[self.told.service], self.told.sql)
        now = in_order(listener, self.heard.sql)
        after = in_order(moments.after[self.told.service], self.told.sql)
        checked, found = 0, 0
        examples: list[str] = []
        async for was, has, later in merged(before, now, after):
            checked += 1
            fault = self._fault(was, has, later, dropped)
            if fault:
                found += 1
                if len(examples) < SHOWN:
                    examples.append(f"{self.heard.service}: {fault}")
        return Result(self.code, self.name, outcome_of(found), checked, found, tuple(examples))

    def _fault(self, was: "Row | None", has: "Row | None", later: "Row | None", dropped: set[str]) -> str | None:
        settled = was is not None and later is not None and was.values == later.values
        excused = later is not None and (str(later.event_id) in dropped or later.key in dropped)
        if has is None:
            return f"missing {was}" if settled and not excused else None
        if later is None:
            return None if was is not None else f"unknown to {self.told.service}: {has}"
        if settled and not excused and has.values != later.values:
            return f"{has} but {self.told.service} has {later}"
        return None


@dataclass(frozen=True)
class Row:
    key: str
    values: dict[str, Any]
    event_id: Any = None

    def __str__(self) -> str:
        return " ".join([self.key, *(f"{name}={value}" for name, value in self.values.items())])


async def in_order(connection: Connection, sql: str) -> AsyncIterator[Row]:
    """The rows by key, in an order that is the same in every database whatever its collation."""
    ordered = f'select * from ({sql}) as told order by key::text collate "C"'
    previous: str | None = None
    async for record in connection.cursor(ordered, prefetch=2000):
        values = dict(record)
        key = str(values.pop("key"))
        event_id = values.pop("event_id", None)
        if key == previous:
            # Two rows of one key: the second is told apart, so that it is found on neither side.
            key = f"{key} (again)"
        else:
            previous = key
        yield Row(key, values, event_id)


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
    """What SQL alone can not say: a function that returns how many it looked at and what it found."""

    code: str
    name: str
    look: Callable[[Moments], Awaitable[tuple[int, list[str]]]]
    noted: bool = False

    async def check(self, moments: Moments) -> Result:
        checked, found = await self.look(moments)
        return Result(
            self.code, self.name, outcome_of(found, noted=self.noted), checked, len(found), tuple(found[:SHOWN])
        )
