"""Cursor pagination: `{items, next}`, where `next` is opaque text that says after which row to go on."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from shared.errors import invalid

T = TypeVar("T")

DEFAULT_LIMIT = 50
MOST = 200
FARTHEST = 100  # places of an amount's first digit from its point: nothing that is sorted by comes near

Cursor = Annotated[str | None, Query(max_length=512, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="how many items at most")]


class Page(BaseModel, Generic[T]):
    """One page. `next` is null on the last one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    items: list[T]
    next: str | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`Page[OrderRead]` is `OrderReadPage` in the contract, and in the clients that are made from it."""
        return f"{params[0].__name__}Page"


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[object]]) -> Page[T]:
    """A page from `limit + 1` rows: the row too many only says that there is a next page.

    `key` gives what the query is sorted by, ending in something unique: `lambda row: (row.placed_at, row.id)`.
    """
    items = list(rows[:limit])
    return Page(items=items, next=write_cursor(key(items[-1])) if len(rows) > limit else None)


def write_cursor(values: Sequence[object]) -> str:
    """Opaque text for the values that a page ended with; `read_cursor` reads it."""
    text = json.dumps([_spelled(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *types: type) -> tuple[Any, ...] | None:
    """The values behind a cursor, of the given types; None at the beginning; a 422 for one that is not ours."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        texts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(texts, list):
            raise TypeError("not a list")
        return tuple(_read(text, type_) for text, type_ in zip(texts, types, strict=True))
    except (ValueError, TypeError, ArithmeticError, RecursionError, binascii.Error):
        raise invalid("invalid_cursor", "This is not a cursor that a page here gave out.", pointer="/cursor") from None


def _spelled(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(text: object, type_: type) -> object:
    if not isinstance(text, str) or "\0" in text or not text.isprintable():
        raise TypeError("not text")
    if type_ is datetime:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError("no offset")
        return instant.astimezone(UTC)  # here, where leaving the calendar by it is only a cursor that is not ours
    if type_ is date:
        return date.fromisoformat(text)
    if type_ is int:
        number = int(text)
        if not -(2**63) <= number < 2**63:
            raise ValueError("too large")
        return number
    if type_ is Decimal:
        amount = Decimal(text)
        if not amount.is_finite() or abs(amount.adjusted()) > FARTHEST:
            raise ValueError("not an amount")
        return amount
    return UUID(text) if type_ is UUID else str(text)
