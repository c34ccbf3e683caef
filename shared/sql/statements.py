"""The text of statements over many rows, made of a table's columns once a process.

A hot statement that does more than one thing (facts, and their sums onto the months) takes the pieces:
`insert_statement(...)` fits into `with added as (...)`, `unnest(...)` into any `from`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from sqlalchemy import Column, Table

from shared.sql.values import element_type_of, is_array, quote, type_of

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upsert:
    """What becomes of a row that is there already: `insert ... on conflict (key) do update set ...`.

    Without arguments every given column outside the key takes the new value. In `expressions` and `where` the row
    that is there goes by the table's name and the new one by `excluded`, as Postgres has it.
    """

    replace: Names | None = None  # columns that take the new value; None: all that are given and not named below
    add: Names = ()  # columns onto which the new value is added
    expressions: Mapping[str, str] = field(default_factory=dict)  # SQL by column
    key: Names = ()  # of a unique index; empty: the primary key
    where: str | None = None  # only rows for which this holds are changed

    def __hash__(self) -> int:
        return hash((self.replace, self.add, tuple(self.expressions.items()), self.key, self.where))


OnConflict = Literal["error", "nothing"] | Upsert


def unnest(alias: str, *, first: int = 1, ordinality: str | None = None, **columns: "Column[Any] | str") -> str:
    """`unnest($1::uuid[], $2::date[]) as asked(customer_id, month)`: lists as rows, for a `from` or a `join`.

    Each column is given as its Postgres type or as the table's column that has it; parameters count from `first`.
    `ordinality` names a last column with each row's number, from 1.
    """
    types = [column if isinstance(column, str) else element_type_of(column) for column in columns.values()]
    lists = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, first))
    names = ", ".join(quote(name) for name in columns)
    if ordinality is None:
        return f"unnest({lists}) as {alias}({names})"
    return f"unnest({lists}) with ordinality as {alias}({names}, {quote(ordinality)})"


@cache
def insert_statement(
    table: Table,
    columns: Names,
    *,
    shared: Names = (),
    on_conflict: OnConflict = "error",
    returning: Names = (),
    first: int = 1,
) -> str:
    """Insert rows given as one list a column: parameters `first` ... in the order of `columns`, then one value each
    for the columns of `shared`, the same in every row."""
    _check(table, columns + shared + returning)
    names = ", ".join(quote(name) for name in columns + shared)
    values = ", ".join(_values(table, columns, shared, first))
    text = f"insert into {quote(table.name)} ({names})\nselect {values}\nfrom {given_rows(table, columns, first=first)}"
    if on_conflict != "error":
        text += _order(table, columns, on_conflict) + "\n" + _on_conflict(table, columns + shared, on_conflict)
    return text + _returning(table, returning)


@cache
def update_statement(
    table: Table,
    columns: Names,
    *,
    key: Names,
    shared: Names = (),
    where: str | None = None,
    returning: Names = (),
    first: int = 1,
) -> str:
    """Update the rows that the columns of `key` name; the parameters are those of `insert_statement`.

    In `where` the row goes by the table's name and the given values by `given`.
    """
    _check(table, columns + shared + returning)
    name = quote(table.name)
    values = dict(zip(columns + shared, _values(table, columns, shared, first), strict=True))
    changed = ", ".join(f"{quote(column)} = {value}" for column, value in values.items() if column not in key)
    matches = [f"{name}.{quote(column)} = {values[column]}" for column in key]
    if where is not None:
        matches.append(f"({where})")
    text = f"update {name} set {changed}\nfrom {given_rows(table, columns, first=first)}\nwhere {' and '.join(matches)}"
    return text + _returning(table, returning)


def _check(table: Table, names: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in table.c]:
        raise TypeError(f"the table {table.name} has no column {', '.join(unknown)}")


def given_rows(table: Table, columns: Names, *, alias: str = "given", first: int = 1) -> str:
    """`unnest` with the types that a table's columns have: `unnest($1::uuid[], $2::date[]) as given(id, month)`.

    Values of array columns come as text (`{"a","b"}`, see `encode_array`) and want a cast.
    """
    _check(table, columns)
    lists = ", ".join(f"${number}::{element_type_of(table.c[name])}[]" for number, name in enumerate(columns, first))
    return f"unnest({lists}) as {alias}({', '.join(quote(name) for name in columns)})"


def _values(table: Table, columns: Names, shared: Names, first: int) -> list[str]:
    values = [
        f"given.{quote(name)}" + (f"::{type_of(table.c[name])}" if is_array(table.c[name]) else "") for name in columns
    ]
    return values + [f"${number}::{type_of(table.c[name])}" for number, name in enumerate(shared, first + len(columns))]


def _key(table: Table, on_conflict: OnConflict) -> Names:
    if isinstance(on_conflict, Upsert) and on_conflict.key:
        return on_conflict.key
    return tuple(column.name for column in table.primary_key)


def _order(table: Table, columns: Names, on_conflict: OnConflict) -> str:
    """Rows in the order of their key: two writers of the same rows then queue up instead of locking each other out."""
    ordered = [f"given.{quote(name)}" for name in _key(table, on_conflict) if name in columns]
    return f"\norder by {', '.join(ordered)}" if ordered else ""


def _on_conflict(table: Table, given: Names, on_conflict: OnConflict) -> str:
    if not isinstance(on_conflict, Upsert):
        return "on conflict do nothing"
    key, name = _key(table, on_conflict), quote(table.name)
    _check(table, (*key, *(on_conflict.replace or ()), *on_conflict.add, *on_conflict.expressions))
    replace = on_conflict.replace
    if replace is None:
        replace = tuple(c for c in given if c not in (*key, *on_conflict.add, *on_conflict.expressions))
    changed = [f"{quote(column)} = excluded.{quote(column)}" for column in replace]
    changed += [f"{quote(column)} = {name}.{quote(column)} + excluded.{quote(column)}" for column in on_conflict.add]
    changed += [f"{quote(column)} = {expression}" for column, expression in on_conflict.expressions.items()]
    if not changed:
        raise TypeError(f"nothing of {table.name} would be updated: say on_conflict='nothing'")
    text = f"on conflict ({', '.join(map(quote, key))}) do update set {', '.join(changed)}"
    return text if on_conflict.where is None else f"{text} where {on_conflict.where}"


def _returning(table: Table, returning: Names) -> str:
    return "\nreturning " + ", ".join(f"{quote(table.name)}.{quote(name)}" for name in returning) if returning else ""
