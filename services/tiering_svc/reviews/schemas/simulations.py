"""Simulations over HTTP (T9): what they are run with, and what they show."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, NamedCustomerRead, PolicyReference, Version
from services.tiering_svc.reviews.schemas.evaluations import PHASES, POPULATION, PopulationRead
from shared.chassis import Amount, Code, Instant, Read, Shape, SignedAmount
from shared.jobs.http import JobRead


class CostsWrite(Shape):
    """What a year in a tier costs; codes of levels that are not named cost nothing."""

    per_customer_year: dict[Code, Amount] = Field(default={}, max_length=40)
    points_per_unit: Amount = Field(default=Decimal(0), description="base points for one unit of the currency")
    value_of_a_point: Amount = Field(default=Decimal(0))
    multipliers: dict[Code, Amount] = Field(default={}, max_length=40, description="1 where none is given")


class SimulationCreate(Shape):
    version: Version | None = Field(default=None, description="the newest, if not given")
    as_of: Instant | None = Field(default=None, description="now, if not given")
    known_at: Instant | None = Field(default=None, description="when it begins, if not given")
    costs: CostsWrite | None = None


class CellRead(Read):
    from_tier: str | None
    to_tier: str | None
    customers: Count
    revenue: SignedAmount
    profit: SignedAmount | None = Field(description="null: no cost is known, or not for this reader")
    profit_known_for: SignedAmount | None = Field(description="null: not for this reader")


class SideRead(Read):
    customers: Count
    revenue: SignedAmount
    profit: SignedAmount | None = Field(description="null: no cost is known, or not for this reader")
    cost: SignedAmount | None = Field(description="of a year; null: no costs were given, or not for this reader")


class SimulatedLevelRead(Read):
    tier: str | None = Field(description="null: no tier yet")
    name: dict[str, str]
    before: SideRead
    after: SideRead


class BenefitCostsRead(Read):
    before: SignedAmount
    after: SignedAmount
    difference: SignedAmount


class SimulationRead(JobRead):
    policy: PolicyReference
    as_of: datetime
    known_at: datetime | None = Field(description="null until it begins")
    phase: str = Field(description=PHASES)
    outcomes: dict[str, int]
    cutoffs: list[dict[str, str]] | None
    population: PopulationRead | None = Field(description=POPULATION)


class SimulationResultRead(SimulationRead):
    levels: list[SimulatedLevelRead] = Field(description="highest first")
    matrix: list[CellRead] = Field(description="those who stay included")
    costs: BenefitCostsRead | None = Field(description="null: none were given, or not for this reader")
    key_accounts: dict[str, int] = Field(description="the movers that are key accounts, by outcome")
    excluded: dict[str, int] = Field(description="the movers that are excluded, by outcome")


class SimulatedMoverRead(NamedCustomerRead):
    outcome: str
    from_tier: str | None
    to_tier: str
    graded: str
    key_account: list[str] | None = Field(description="its kinds, when it is a key account")
    excluded: bool = Field(description="whether it is excluded")
