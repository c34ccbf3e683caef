"""Shapes that several of tiering's routes use."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.chassis import Name, Read, Shape

Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, json_schema_extra={"format": "int32"})]
Count = Annotated[int, Field(json_schema_extra={"format": "int32"})]
INT32 = {"ge": -(2**31), "le": 2**31 - 1}  # what the format says: what makes sense of it is said where it is read
Whole = Annotated[int, Field(strict=True, **INT32, json_schema_extra={"format": "int32"})]
Months = Annotated[int, Field(strict=True, **INT32, json_schema_extra={"format": "int32"})]
Exact = Annotated[
    str, Field(strict=True, pattern=r"^-?\d{1,14}(\.\d{1,4})?$", description="a decimal in text", examples=["800"])
]


class NamedCustomerRead(Read):
    """Base of an entry of a list that shows a customer."""

    customer_id: UUID
    customer_name: str | None = Field(
        default=None, description="filled in by the gateway for whoever may read the file; names lie with profile alone"
    )


class NamesShape(Shape):
    """A name in both languages."""

    en: Name
    zh: Name


class MonthsRead(Read):
    """A window of months: the first, the last, and how many."""

    from_: str = Field(serialization_alias="from")
    to: str
    months: Count


class PolicyReference(Read):
    """Which version of which tier policy, with its name."""

    id: UUID
    version: Count
    name: dict[str, str]
