"""HTTP shapes of the rules of remedies: who may grant how much."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from shared.chassis import Amount, Code, Shape

Unlimited = Literal["unlimited"]
MostPoints = Annotated[int, Field(strict=True, ge=0, le=100_000_000, json_schema_extra={"format": "int32"})]


class AuthorityLimit(Shape):
    """The most a role may propose at once without asking."""

    points: MostPoints | Unlimited = 0
    amount: Amount | Unlimited = Decimal(0)


class AuthorityRulesDocument(Shape):
    """The limits by role; a role that is not named may grant nothing."""

    roles: Annotated[dict[Code, AuthorityLimit], Field(max_length=100)]
