"""Many rows in one statement: given as rows (dicts, dataclasses, named tuples, tuples) or, on hot paths, as columns."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Protocol, overload

import asyncpg
from sqlalchemy import Table

from shared.sql.statements import Names, OnConflict, insert_statement, update_statement
from shared.sql.values import Encode, encoder_of, is_array

Columns = Mapping[str, Sequence[Any]]
Rows = Iterable[Any]
Record = asyncpg.Record
NOTHING: Mapping[str, Any] = {}


class HasConnection(Protocol):
    """A transaction, as far as it is needed here: its asyncpg connection."""

    @property
    def raw(self) -> "asyncpg.Connection[Any]": ...


@overload
async def insert_many(
    tx: HasConnection, table: Table, rows: Rows, *, columns: Names | None = None, shared: Mapping[str, Any] = NOTHING,
    on_conflict: OnConflict = "error",
) -> int: ...  # fmt: skip
@overload
async def insert_many(
    tx: HasConnection, table: Table, rows: Rows, *, columns: Names | None = None, shared: Mapping[str, Any] = NOTHING,
    on_conflict: OnConflict = "error", returning: Names,
) -> list[Record]: ...  # fmt: skip
async def insert_many(
    tx: HasConnection, table: Table, rows: Rows, *, columns: Names | None = None, shared: Mapping[str, Any] = NOTHING,
    on_conflict: OnConflict = "error", returning: Names = (),
) -> int | list[Record]:  # fmt: skip
    """Insert rows: mappings, dataclasses and named tuples by the names of their fields, plain tuples by `columns`.

    `columns` picks some fields of richer rows. `shared` are values that are the same in every row. Returns how many
    rows were inserted or updated, or, with `returning`, those rows' columns (in no particular order).
    """
    given = columns_of(rows, columns)
    if returning:
        return await insert_columns(tx, table, given, shared=shared, on_conflict=on_conflict, returning=returning)
    return await insert_columns(tx, table, given, shared=shared, on_conflict=on_conflict)


@overload
async def insert_columns(
    tx: HasConnection, table: Table, columns: Columns, *, shared: Mapping[str, Any] = NOTHING,
    on_conflict: OnConflict = "error",
) -> int: ...  # fmt: skip
@overload
async def insert_columns(
    tx: HasConnection, table: Table, columns: Columns, *, shared: Mapping[str, Any] = NOTHING,
    on_conflict: OnConflict = "error", returning: Names,
) -> list[Record]: ...  # fmt: skip
async def insert_columns(
    tx: HasConnection, table: Table, columns: Columns, *, shared: Mapping[str, Any] = NOTHING,
    on_conflict: OnConflict = "error", returning: Names = (),
) -> int | list[Record]:  # fmt: skip
    """The same rows given as one list a column, all of one length: what hot paths have anyway."""
    if not _count(columns):
        return [] if returning else 0
    names = tuple(columns)
    statement = insert_statement(table, names, shared=tuple(shared), on_conflict=on_conflict, returning=returning)
    return await _execute(tx, statement, _arguments(table, columns, shared), fetch=bool(returning))


async def update_many(
    tx: HasConnection, table: Table, rows: Rows, *, key: Names, columns: Names | None = None,
    shared: Mapping[str, Any] = NOTHING, where: str | None = None,
) -> int:  # fmt: skip
    """Update the rows that the columns of `key` name, each by its own values. Returns how many.

    Where a key is given more than once, the last one holds; rows that are not there are passed over. `shared` are
    values that every row takes. `where` is SQL in which the row goes by the table's name and what is given by `given`:
    `tier_watch.ended_at is null`.
    """
    return await update_columns(tx, table, columns_of(rows, columns), key=key, shared=shared, where=where)


async def update_columns(
    tx: HasConnection, table: Table, columns: Columns, *, key: Names, shared: Mapping[str, Any] = NOTHING,
    where: str | None = None,
) -> int:  # fmt: skip
    """`update_many` with one list a column."""
    count = _count(columns)
    if not count:
        return 0
    last = {values: n for n, values in enumerate(zip(*(columns[name] for name in key), strict=True))}
    if len(last) < count:  # Postgres would take any of them
        columns = {name: [values[n] for n in last.values()] for name, values in columns.items()}
    statement = update_statement(table, tuple(columns), key=key, shared=tuple(shared), where=where)
    changed = await _execute(tx, statement, _arguments(table, columns, shared), fetch=False)
    assert isinstance(changed, int)
    return changed


def columns_of(rows: Rows, names: Names | None = None) -> dict[str, Sequence[Any]]:
    """Rows turned into one list a column. Every row has the same fields, or it is an error; no rows, no columns."""
    listed = rows if isinstance(rows, (list, tuple)) else list(rows)
    if not listed:
        return {}
    row = listed[0]
    if isinstance(row, Mapping):
        if names is None:
            names = tuple(row)
            if any(row.keys() != other.keys() for other in listed):
                raise ValueError("rows have different columns")
        return {name: [row[name] for row in listed] for name in names}
    if isinstance(row, tuple):
        own: Names | None = getattr(row, "_fields", names)
        if own is None:
            raise TypeError("tuples need the names of their columns")
        given = dict(zip(own, zip(*listed, strict=True), strict=True))
        return {name: given[name] for name in names or own}
    names = names or _fields_of(row.__class__)
    if len(names) == 1:
        return {names[0]: [getattr(row, names[0]) for row in listed]}
    return dict(zip(names, zip(*map(attrgetter(*names), listed), strict=True), strict=True))


@cache
def _fields_of(kind: Hashable) -> Names:
    if not is_dataclass(kind):
        raise TypeError(f"a row is a mapping, a dataclass or a tuple, not a {kind}")
    return tuple(field.name for field in fields(kind))


def _count(columns: Columns) -> int:
    """How many rows there are. `unnest` would fill a shorter list up with nulls, so lengths are compared."""
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of different lengths: { {name: len(values) for name, values in columns.items()} }")
    return lengths.pop() if lengths else 0


@cache
def _encoders(table: Table, names: Names) -> tuple[Encode | None, ...]:
    return tuple(encoder_of(table.c[name]) if name in table.c else None for name in names)


def _arguments(table: Table, columns: Columns, shared: Mapping[str, Any]) -> list[Any]:
    arguments: list[Any] = [
        values if encode is None else [encode(value) for value in values]
        for values, encode in zip(columns.values(), _encoders(table, tuple(columns)), strict=True)
    ]
    for name, value in shared.items():  # one value is no element of a list: an array stays an array
        encode = None if name not in table.c or is_array(table.c[name]) else encoder_of(table.c[name])
        arguments.append(value if encode is None else encode(value))
    return arguments


async def _execute(tx: HasConnection, statement: str, arguments: Sequence[Any], *, fetch: bool) -> int | list[Record]:
    if fetch:
        return await tx.raw.fetch(statement, *arguments)
    status = await tx.raw.execute(statement, *arguments)
    return int(status.rpartition(" ")[2])
