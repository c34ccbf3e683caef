"""HTTP shapes of remedies: who may grant how much, and what waits for another person's approval."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.chassis import Amount, Code, Read, Shape

MOST_POINTS = 10_000_000  # no settlement has more, whoever approves it
Unlimited = Literal["unlimited"]
GivenPoints = Annotated[int, Field(strict=True, ge=0, le=MOST_POINTS, json_schema_extra={"format": "int32"})]
Days = Annotated[int, Field(strict=True, ge=1, le=366, json_schema_extra={"format": "int32"})]


class GrantLimit(Shape):
    """Points and money, counted together."""

    points: GivenPoints | Unlimited = 0
    amount: Amount | Unlimited = Decimal(0)


class AuthorityLimit(GrantLimit):
    """What a role may give without asking: `points` and `amount` to one case over all its rounds, and to one customer
    within some days."""

    day: GrantLimit | None = Field(
        default=None, description="what one person may give on a business day, to all customers; the same, if not given"
    )
    approves: GrantLimit | None = Field(
        default=None,
        description="up to which sum of a case and of a customer it approves others' proposals; the same, if not given",
    )


class AuthorityRulesDocument(Shape):
    """The limits by role; a role that is not named may grant nothing."""

    roles: Annotated[dict[Code, AuthorityLimit], Field(max_length=100)]
    customer_days: Days = Field(
        default=30, description="over how many business days, today included, what a customer was given is counted"
    )


class ApprovalRead(Read):
    """A proposal beyond what a person may give alone: it is made once another person has approved it."""

    id: UUID = Field(description="the id the proposal gets")
    round: int
    text: str | None
    points: int
    amount: Amount
    limits_reached: list[str] = Field(description="beyond which sums it goes: case, customer, day")
    requested_by: str
    requested_at: datetime
    state: Literal["pending", "approved", "rejected"]
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
