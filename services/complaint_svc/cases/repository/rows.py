"""Rows on their way into the database: as JSON, by the names of their columns.

One parameter carries any number of rows, so a case and all that belongs to it is saved by one statement. A column that
a later release adds is not named here and takes its default, so old and new processes may run side by side.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table


def insert_rows(table: Table, parameter: int) -> str:
    """`insert into … select …` of the rows in a parameter that `as_json` made."""
    names = ", ".join(column.name for column in table.columns)
    rows = f"jsonb_populate_recordset(null::{table.name}, ${parameter}::text::jsonb)"
    return f"insert into {table.name} ({names}) select {names} from {rows}"


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as one JSON array, with intervals, amounts and ids in the spelling PostgreSQL reads."""
    return orjson.dumps(rows, default=_spell).decode()


def _spell(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)} microseconds"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):  # asyncpg has a subclass of its own, which orjson does not know
        return str(value)
    raise TypeError(f"no column holds a {type(value).__name__}")
