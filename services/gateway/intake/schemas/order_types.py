"""Types of an order's body that pydantic's core reads without calling Python: intake is a hot path.

They take what `shared.chassis.http.shapes` takes, and name what they refuse by the same codes.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema


class _AmountText:
    """A decimal in text, at most four decimals, not negative: what the chassis's `Amount` takes."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=r"^[0-9]{1,14}(\.[0-9]{1,4})?$")
        return core_schema.custom_error_schema(
            core_schema.chain_schema([text, core_schema.decimal_schema(strict=False)]),
            custom_error_type="amount",
            custom_error_message='must be a decimal in text with at most four decimals, not negative, like "12.50"',
        )


class _InstantText:
    """An ISO 8601 instant with an offset: what the chassis's `Instant` takes."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})$"
        text = core_schema.str_schema(strict=True, pattern=pattern)
        instant = core_schema.datetime_schema(strict=False, tz_constraint="aware")
        return core_schema.custom_error_schema(
            core_schema.chain_schema([text, instant]),
            custom_error_type="instant",
            custom_error_message="must be an ISO 8601 instant with an offset, like 2026-03-01T09:30:00Z",
        )


AmountText = Annotated[
    Decimal,
    _AmountText,
    WithJsonSchema(
        {"type": "string", "format": "decimal", "examples": ["12.50"], "pattern": r"^\d{1,14}(\.\d{1,4})?$"}
    ),
]
InstantText = Annotated[datetime, _InstantText, WithJsonSchema({"type": "string", "format": "date-time"})]

WholeNumber = Annotated[int, Field(ge=1, le=1_000_000)]
