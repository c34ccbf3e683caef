"""Review runs over HTTP (T10): as of an instant and as known at another."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, NamedCustomerRead
from shared.chassis import Id, Instant, Read, Shape
from shared.jobs.http import JobRead


class PolicyAsked(Shape):
    id: Id
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, json_schema_extra={"format": "int32"})]


class EvaluationCreate(Shape):
    as_of: Instant | None = Field(default=None, description="now, if not given")
    known_at: Instant | None = Field(
        default=None,
        description="the list follows from the facts recorded by then, what takes effect from all facts there are; "
        "when the review begins, if not given",
    )
    apply: bool = Field(default=True, strict=True)
    policy: PolicyAsked | None = Field(
        default=None, description="the policy in force, if not given; by any other one it only shows what would be"
    )


PHASES = (
    "beginning; collecting what intake had accepted; catching_up with it; by a policy of shares measuring and cutting; "
    "settling, where it takes effect; deciding. When it is over, the one it ended in"
)


class PopulationRead(Read):
    """Whom shares of customers were counted of (T5)."""

    counted: str = Field(description="known: whoever's value is known; buyers: of the window; all: all customer files")
    customers: Count = Field(description="how many they were")


POPULATION = "of a policy by shares of customers, once it has been cut"


class EvaluationRead(JobRead):
    kind: str
    as_of: datetime
    known_at: datetime | None = Field(description="null until it begins")
    phase: str = Field(description=PHASES)
    result: str | None = Field(description="applied or simulated; null until it is done")
    simulated_because: str | None
    policy_id: UUID
    policy_version: Count
    outcomes: dict[str, int]
    applied: dict[str, int] = Field(description="of the outcomes, those that took effect")
    cutoffs: list[dict[str, str]] | None
    population: PopulationRead | None = Field(description=POPULATION)


class MoverRead(NamedCustomerRead):
    outcome: str
    from_tier: str | None
    to_tier: str
    graded: str
    applied: bool = Field(
        description="false in a simulation, and where all facts give another outcome than those known at known_at"
    )
