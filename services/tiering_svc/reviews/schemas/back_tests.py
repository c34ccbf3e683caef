"""Back-tests over HTTP (T9): their months, and what these would have been like."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, NamedCustomerRead, PolicyReference, Version
from services.tiering_svc.reviews.schemas.evaluations import POPULATION, PopulationRead
from services.tiering_svc.reviews.schemas.simulations import CostsWrite
from shared.chassis import Read, Shape, SignedAmount
from shared.jobs.http import JobRead

BackTestMonth = Annotated[str, Field(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", examples=["2026-03"])]


class PolicyBackTestCreate(Shape):
    from_: BackTestMonth = Field(alias="from")
    to: BackTestMonth = Field(description="a month that is over")
    every: Literal["month"] = "month"
    known: Literal["then", "now"] = Field(
        default="now", description="by the facts recorded by each month's end, or by all there are now"
    )
    version: Version | None = Field(default=None, description="the newest, if not given")
    costs: CostsWrite | None = Field(default=None, description="what a year in a tier costs")


class PolicyBackTestRead(JobRead):
    policy: PolicyReference
    from_: str = Field(serialization_alias="from")
    to: str
    every: str
    known: str
    known_at: datetime
    phase: str = Field(description="beginning; measuring and cutting, by a policy of shares; replaying")


class BackTestLevelRead(Read):
    tier: str
    name: dict[str, str]
    customers: Count
    revenue: SignedAmount
    profit: SignedAmount | None = Field(description="null: no cost is known, or not for this reader")
    profit_known_for: SignedAmount | None = Field(description="null: not for this reader")
    cost: SignedAmount | None = Field(description="of a year; null: no costs were given, or not for this reader")


class StabilityRead(Read):
    moved: Count = Field(description="up or down at this month's end, or up at once within it")
    moved_back: Count = Field(description="of these, the other way within three months")
    share_moved_back: str | None = Field(description="percent; null when nobody moved")
    months_watched: Count = Field(description="fewer than three at the end of the time that is replayed")


class AtOnceRead(Read):
    """What orders did between the month-end before and this one, before the review looked."""

    placed: Count = Field(description="customers whose first order put them on the pyramid")
    up: Count = Field(description="customers that orders raised; several rises of a month are one")


class BackTestMonthRead(Read):
    month: str
    cutoffs: list[dict[str, str]] | None
    population: PopulationRead | None = Field(description=POPULATION)
    levels: list[BackTestLevelRead] = Field(description="highest first")
    outcomes: dict[str, int] = Field(description="of the movers of the month's end: placed, up, down, grace")
    at_once: AtOnceRead
    stability: StabilityRead
    cost: SignedAmount | None = Field(
        description="of this month, a twelfth of a year; null: no costs were given, or not for this reader"
    )
    key_accounts: dict[str, int] = Field(description="the movers that were key accounts then, by outcome")
    excluded: dict[str, int] = Field(description="the movers that were excluded then, by outcome")


class BackTestResultRead(PolicyBackTestRead):
    months: list[BackTestMonthRead]
    cost: SignedAmount | None = Field(
        description="of all months together; null: no costs were given, or not for this reader"
    )


class BackTestMoverRead(NamedCustomerRead):
    month: str
    outcome: str = Field(
        description="of the month's end: placed, up, down, grace; before it, by orders: placed_at_once, up_at_once"
    )
    from_tier: str | None
    to_tier: str
    moved_back_in: str | None = Field(description="the month, within three months, in which it went the other way")
    key_account: list[str] | None = Field(description="its kinds, when it was a key account then")
    excluded: bool = Field(description="whether it was excluded then")


def month_of_text(text: str) -> date:
    return date.fromisoformat(f"{text}-01")
