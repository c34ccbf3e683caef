"""Types of HTTP bodies and parameters: they take exactly what the contract says and never convert.

FastAPI parses JSON to Python before pydantic sees it, so pydantic's strict mode alone would refuse a UUID or an instant
that came as text. The types here take exactly text in one spelling (and the finished object, when our own code builds
a read), and nothing else: no number for text, no bool for a number, no NUL, no half of a surrogate pair.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
INSTANT_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
DAY_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AMOUNT_FORM = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
CODE_FORM = r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")

EARLIEST_YEAR, LATEST_YEAR = 1800, 2199  # far enough for founding days; keeps arithmetic with zones from overflowing


def _wrong(code: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError(code, sentence)


def _read_uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and UUID_FORM.fullmatch(value):
        return UUID(value)
    raise _wrong("uuid", "This must be a UUID in its canonical text form.")


def _read_instant(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str) and INSTANT_FORM.fullmatch(value):
        try:
            instant = datetime.fromisoformat(value)
            if EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
                return instant.astimezone(UTC)
        except ValueError:
            pass
    raise _wrong("instant", "This must be an ISO 8601 instant with an offset, like 2026-03-01T09:30:00Z.")


def _read_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and DAY_FORM.fullmatch(value):
        try:
            day = date.fromisoformat(value)
            if EARLIEST_YEAR <= day.year <= LATEST_YEAR:
                return day
        except ValueError:
            pass
    raise _wrong("day", "This must be a day, like 2026-03-01.")


def _read_amount(value: Any) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, str) and AMOUNT_FORM.fullmatch(value):
        return Decimal(value)
    raise _wrong("amount", 'This must be a decimal in text with at most four decimals, like "12.50".')


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise _wrong("negative", "This must not be negative.")
    return abs(value)  # -0.00 is 0.00


def _writable(value: str) -> str:
    if UNWRITABLE.search(value):
        raise _wrong("invalid_text", "This must not hold NUL or half of a surrogate pair.")
    return value


def spell_amount(value: Decimal) -> str:
    """`12.5000` as the database keeps it is spelled `12.50`: never fewer than two decimals, no exponent."""
    text = format(value, "f")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


_AMOUNT_SCHEMA = {"type": "string", "format": "decimal", "examples": ["12.50"]}

Id = Annotated[UUID, BeforeValidator(_read_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Instant = Annotated[datetime, BeforeValidator(_read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[date, BeforeValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
SignedAmount = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    PlainSerializer(spell_amount, return_type=str, when_used="json"),
    WithJsonSchema(_AMOUNT_SCHEMA | {"pattern": r"^-?\d{1,14}(\.\d{1,4})?$"}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    AfterValidator(_not_negative),
    PlainSerializer(spell_amount, return_type=str, when_used="json"),
    WithJsonSchema(_AMOUNT_SCHEMA | {"pattern": r"^\d{1,14}(\.\d{1,4})?$"}),
]
Text = Annotated[str, StringConstraints(strict=True, max_length=4000), AfterValidator(_writable)]
Name = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_writable)
]
Code = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64, pattern=CODE_FORM)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
Points = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000_000)]


class Shape(BaseModel):
    """Base of what comes in. Unknown fields are refused, nothing is converted. Not for tuple and Enum."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Read(BaseModel):
    """Base of what goes out. Built by our own code from rows, so it takes finished objects; amounts leave as text."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
