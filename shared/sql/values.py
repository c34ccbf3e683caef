"""Which Postgres type a column has, and how its values travel inside an array that `unnest` takes apart."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import ARRAY, JSON, TypeEngine

Encode = Callable[[Any], Any]

_dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
_quote: Callable[[str], str] = _dialect.identifier_preparer.quote
_LENGTH = re.compile(r"\([^)]*\)")
_SHORT = {"timestamp with time zone": "timestamptz", "integer": "int", "boolean": "bool", "double precision": "float8"}


class JsonText(str):
    """Text that is JSON already: it goes into a JSON column as it is. (Any other `str` there is a JSON string.)

    `JsonText("null")` is JSON's null; None is SQL's.
    """

    __slots__ = ()


def quote(name: str) -> str:
    """A table's or column's name as SQL has to write it."""
    return _quote(name)


def type_of(column: Column[Any] | TypeEngine[Any]) -> str:
    """The Postgres type of a column, without length and precision: the column itself applies those at the insert.

    (A cast to `varchar(10)` would cut a value that is too long; an insert refuses it.)
    """
    kind = column.type if isinstance(column, Column) else column
    if isinstance(kind, ARRAY):
        return type_of(kind.item_type) + "[]" * (kind.dimensions or 1)
    name = kind.compile(dialect=_dialect).lower()
    name = " ".join(_LENGTH.sub("", name).split())
    return _SHORT.get(name, name)


def is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def is_array(column: Column[Any]) -> bool:
    return isinstance(column.type, ARRAY)


def element_type_of(column: Column[Any]) -> str:
    """The type of an array's elements by which the column's values travel.

    Arrays of arrays do not exist for `unnest` (it takes apart all levels at once), so values of an array column travel
    as text, `{"a","b"}`, and are cast after it.
    """
    return "text" if is_array(column) else type_of(column)


def encoder_of(column: Column[Any]) -> Encode | None:
    """What a value of the column is turned into for its way; None: it goes as it is."""
    if is_json(column):
        return encode_json
    return encode_array if is_array(column) else None


def encode_json(value: Any) -> str | None:
    """The text of a JSON value. Numbers that JSON does not have (NaN) and types it does not know are refused."""
    if value is None or type(value) is JsonText:
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def encode_array(value: Sequence[Any] | None) -> str | None:
    """Postgres's own text of an array: `{"a","say \\"hi\\"",NULL}`; nested lists are further dimensions."""
    return None if value is None else "{" + ",".join(_elements(value)) + "}"


def _elements(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if value is None:
            yield "NULL"
        elif isinstance(value, (list, tuple)):
            yield encode_array(value) or ""
        else:
            yield _quoted(_text_of(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal, UUID)):
        return str(value)
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)} microseconds"
    raise TypeError(f"an element of an array column is not a {type(value).__name__}")
