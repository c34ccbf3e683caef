"""Retention over HTTP (T13): rates by period, cohorts, lost customers, costs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, NamedCustomerRead, Whole
from shared.chassis import Amount, Code, Read, Shape, SignedAmount

MonthText = Annotated[
    str,
    Field(
        strict=True, pattern=r"^(19|20|21)\d{2}-(0[1-9]|1[0-2])$", description="a calendar month", examples=["2026-03"]
    ),
]


class PeriodRead(Read):
    period: str = Field(description="its first month")
    complete: bool = Field(description="whether it was over by `as_of`")
    base: Count = Field(description="active in the period before")
    retained: Count = Field(description="of these, active in this one")
    churned: Count
    new: Count = Field(description="their first order ever was in this period")
    back: Count = Field(description="active again after a pause of a period or more")
    retention_rate: str | None = Field(description="retained / base; null where nobody was there to stay")
    churn_rate: str | None
    cost_to_win: Amount | None = Field(
        description="spent on winning, for each new customer; null: not known, or not for this reader"
    )
    cost_to_keep: Amount | None = Field(
        description="spent on keeping, for each retained customer; null: not known, or not for this reader"
    )
    win_to_keep: str | None = Field(description="how many times as dear it is to win one as to keep one")


class RetentionRead(Read):
    as_of: datetime
    known_at: datetime
    by: str
    tier: str | None
    periods: list[PeriodRead]


class CohortMonthRead(Read):
    later: Count = Field(description="months after the first order's")
    customers: Count = Field(description="of the cohort, active in that month")
    share: str
    amount: SignedAmount


class CohortRead(Read):
    cohort: str = Field(description="the month of the first order ever")
    customers: Count
    months: list[CohortMonthRead] = Field(description="from its own month to that of `as_of`")


class CohortsRead(Read):
    as_of: datetime
    known_at: datetime
    cohorts: list[CohortRead]


class LostRuleRead(Read):
    """From which silence on a customer was lost, by the churn rules that were in force at `as_of`."""

    version: Count
    cycles: str = Field(description="silent for so many of its own order cycles")
    days: Count = Field(description="and at least for so many days")


class LostTotalsRead(Read):
    customers: Count
    amount: SignedAmount = Field(description="what they brought in the twelve months up to their last order")
    profit_lost: SignedAmount | None = Field(description="the margin of the same months; null when no cost is known")
    profit_known_for: SignedAmount | None = Field(
        description="the part of the amount whose costs are known; null: not for this reader"
    )
    profit_unknown: Count | None = Field(
        description="customers of whose margin nothing is known; null: not for this reader"
    )


class LostCustomerRead(NamedCustomerRead):
    tier: str | None
    orders: Count
    first_order_at: datetime
    last_order_at: datetime
    cycle_days: str | None = Field(description="mean days between its orders; null with one order")
    limit_days: str
    lost_at: datetime
    amount: SignedAmount
    profit_lost: SignedAmount | None = Field(description="null: no cost is known, or not for this reader")
    profit_known_for: SignedAmount | None = Field(description="null: not for this reader")
    words: str


class LostRead(Read):
    as_of: datetime
    known_at: datetime
    rule: LostRuleRead
    totals: LostTotalsRead
    items: list[LostCustomerRead] = Field(description="who brought most comes first")
    next: str | None


class CostCreate(Shape):
    month: MonthText
    purpose: Literal["win", "keep"]
    channel: Code = Field(description="what it was spent on: advertising, visits, vouchers …")
    amount: Amount = Field(description="of the whole month; reported again, it replaces the earlier entry")


class CostRead(Read):
    month: str
    purpose: str
    channel: str
    amount: Amount
    recorded_by: str
    recorded_at: datetime


class CostsRead(Read):
    known_at: datetime
    items: list[CostRead]


class SilenceWrite(Shape):
    """How long a customer may be silent."""

    days: Whole = Field(description="without an order, at least")
    cycles: Exact = Field(description="and at least so many of its own order cycles, where that is known")


class ChurnRulesDocument(Shape):
    """When a customer is dormant and when it is lost: for stages, retention and assessments alike."""

    dormant: SilenceWrite
    lost: SilenceWrite
