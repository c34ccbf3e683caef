"""Early warnings, their rules, sweeps and back-tests over HTTP (T12)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, NamedCustomerRead
from shared.chassis import AnnouncedCode, Instant, Read, Shape, Text
from shared.jobs.http import JobRead
from shared.rule_sets import RuleSetVersionRead

SeverityCode = Literal["yellow", "red"]
RuleMonth = Annotated[
    str, Field(strict=True, pattern=r"^(19|20|21)\d{2}-(0[1-9]|1[0-2])$", description="a month", examples=["2026-03"])
]
Whole = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31, json_schema_extra={"format": "int32"})]


class WarningThresholdWrite(Shape):
    severity: SeverityCode
    at_least: Exact


class WarningRuleDocument(Shape):
    """What a warning rule looks for. Which fields it needs depends on its kind; others are refused."""

    kind: Literal[
        "revenue_down", "falling", "silent", "complaints_up", "arrears", "satisfaction_down", "buyers_down",
        "likely_loss",
    ]  # fmt: skip
    subject: AnnouncedCode | None = Field(
        default=None, description="whose months it looks at: customer (if not given), class, product_line"
    )
    dimension: AnnouncedCode | None = Field(
        default=None, description="by what classes are made: tier, region, industry, kind, stage, manager"
    )
    least_customers: Whole | None = Field(default=None, description="a smaller class says nothing")
    cause: AnnouncedCode | None = Field(
        default=None, description="the kind, unless it is to warn beside another of its kind"
    )
    thresholds: list[WarningThresholdWrite] = Field(max_length=2, description="mild first")
    recent_months: Whole | None = None
    baseline_months: Whole | None = None
    least_baseline: Exact | None = Field(default=None, description="a month's revenue; below it nothing is said")
    least_deviations: Exact | None = Field(
        default=None, description="how many standard deviations of its own months a fall has to be"
    )
    least_fall: Exact | None = Field(default=None, description="percent over all the months it fell")
    cycle_months: Whole | None = None
    least_orders: Whole | None = None
    least_days: Whole | None = None
    measure: Literal["amount", "rate", "days", "cases", "index"] | None = None
    least_answers: Whole | None = None
    least_likelihood: Exact | None = Field(
        default=None, description="of a loss, 0 to 1; below it, where it is known, only the red threshold raises"
    )
    red_likelihood: Exact | None = Field(
        default=None, description="from it on red and below it yellow, where the likelihood is known"
    )


class WarningRuleVersion(RuleSetVersionRead):
    """A version of a warning rule."""

    cause: str = Field(description="what it warns of; of each cause one rule is in force")


class OutcomeWrite(Shape):
    """What counts as a loss: revenue a day over the months after, so far below that of the months before."""

    baseline_months: Annotated[int, Field(strict=True, ge=1, le=24)] = 3
    fall_percent: Annotated[str, Field(strict=True, pattern=r"^\d{1,3}(\.\d{1,4})?$")] = Field(
        default="50", description="more than 0, at most 100"
    )
    least_baseline: Exact = Field(default="0", description="a month; who brought less is left out")


class RuleBackTestCreate(Shape):
    from_: RuleMonth = Field(alias="from", description="the first month at whose end the rule is tried")
    to: RuleMonth = Field(description="the last one; the months of the horizon after it are over")
    horizon_months: Annotated[int, Field(strict=True, ge=1, le=12)] = 3
    outcome: OutcomeWrite = OutcomeWrite()
    severity: SeverityCode = Field(default="yellow", description="only warnings as bad as this, or worse")
    version: Annotated[int, Field(strict=True, ge=1, lt=2**31)] | None = Field(
        default=None, description="of the rule; the newest, if not given"
    )


class ShareRead(Read):
    part: Count
    of: Count
    share: str | None = Field(description="null when there are none")
    low: str | None = Field(description="of the 95 percent interval")
    high: str | None


class LeadRead(Read):
    """Days from the warning to the first month's end at which the last months alone would have shown the loss."""

    median: Count | None
    quarter: Count | None
    three_quarters: Count | None


class ReliabilityBandRead(Read):
    """Customers at month's ends whose likelihood of a loss lay in a band."""

    low: str
    high: str
    count: Count
    predicted: str = Field(description="their mean likelihood")
    observed: str = Field(description="the share of them that had a loss")


class RankedShareRead(Read):
    """Of the so many at the top of a ranking: how many had a loss, and what part of all losses they are."""

    precision: str | None
    recall: str | None


class RankingRead(Read):
    """How good the first so many are: by the likelihood, and by the last month's revenue over the last three's."""

    count: Count
    likelihood: RankedShareRead
    last_month: RankedShareRead


class ReliabilityRead(Read):
    """What likelihoods proved to be worth, each by the model that was known at the month's end."""

    count: Count = Field(description="customers at month's ends")
    brier: str | None = Field(description="mean squared difference between likelihood and outcome; 0 is perfect")
    base_rate_brier: str | None = Field(description="what saying the share of losses of everybody would have scored")
    bands: list[ReliabilityBandRead]
    rankings: list[RankingRead] = Field(
        description="at as many as the rule warned of, a fifth, a tenth, a twentieth and a fiftieth of all"
    )


class RuleBackTestRead(JobRead):
    """A back-test of a warning rule, and what it has measured so far; its progress counts customers."""

    rule_id: UUID
    rule_version: Count
    from_: str = Field(serialization_alias="from")
    to: str
    severity: str
    horizon_months: Count
    outcome: dict[str, Any]
    warnings: Count
    precision: ShareRead
    recall: ShareRead
    base_rate: ShareRead
    lead_days: LeadRead
    not_known: Count = Field(description="customers' month's ends at which the rule could not tell")
    not_measured: Count = Field(description="warnings of customers without a baseline of the outcome's own")
    reliability: ReliabilityRead


class WarningRuleReference(Read):
    id: UUID
    version: Count
    name: dict[str, str]


class LikelihoodFactorRead(Read):
    """One of the reasons for a likelihood."""

    code: str
    contribution: str = Field(
        description="in log odds against a customer of mean values: above 0 makes a loss likelier"
    )
    value: str = Field(description="what was measured at the customer")
    words: dict[str, str]


class WarningSubjectRead(Read):
    """What a warning is about."""

    kind: str = Field(description="customer, class, product_line; more may come")
    dimension: str | None = Field(description="by what the class is made, as tier or category; null: of a customer")
    code: str | None = Field(description="which class of these; null: of a customer")


class ResponsibleRead(Read):
    """Who is responsible for a customer at an instant."""

    manager: str | None = Field(description="the account manager; null: nobody")
    deputy: str | None = Field(description="who stands in while the manager is away; null: nobody")
    owner: str | None = Field(description="who is to act: the deputy, else the manager; null: nobody")


class ResponsiblePeriodRead(ResponsibleRead):
    since: datetime
    until: datetime | None = Field(description="null: to this day, or to the warning's closing")


class ResponsibleThenRead(ResponsibleRead):
    as_of: datetime


class ResponsibleNowRead(ResponsibleRead):
    """Who is responsible now, with names."""

    manager_name: str | None = Field(default=None, description="filled in by the gateway")
    owner_name: str | None = Field(default=None, description="filled in by the gateway")


class WarningRead(ResponsibleNowRead):
    id: UUID
    subject: WarningSubjectRead
    customer_id: UUID | None = Field(description="null: of a class or a product line")
    customer_name: str | None = Field(default=None, description="filled in by the gateway")
    tier: str | None = Field(description="the customer's, now")
    region: str | None = Field(description="the customer's, now")
    cause: str
    severity: str
    state: str
    lasting: bool = Field(description="the cause has not been gone since it was raised")
    rule: WarningRuleReference
    as_of: datetime
    raised_at: datetime
    evidence: dict[str, Any]
    words: dict[str, str]
    closed_at: datetime | None
    closed_by: str | None
    closing: str | None
    likelihood: str | None = Field(
        description="of a loss over the months to come, 0 to 1, as of the last sweep; null: not known"
    )
    value_at_stake: str | None = Field(description="what the customer would bring over these months by its own rate")
    expected_loss: str | None = Field(description="the likelihood times the value at stake; lists are sorted by it")
    factors: list[LikelihoodFactorRead] = Field(description="what the likelihood follows from, the strongest first")


class WarningChangeRead(Read):
    at: datetime
    kind: str
    by: str
    as_of: datetime | None
    severity: str | None
    code: str | None
    note: str | None
    evidence: dict[str, Any] | None
    words: dict[str, str] | None


class WarningHistoryRead(WarningRead):
    changes: list[WarningChangeRead] = Field(description="oldest first")
    responsible: list[ResponsiblePeriodRead] = Field(
        description="who was responsible for the customer since the warning was raised, oldest first"
    )


class RiskReasonRead(Read):
    """A warning as the reason why a customer may leave."""

    warning_id: UUID
    cause: str
    severity: str
    state: str
    words: dict[str, str]


class CustomerAtRiskRead(NamedCustomerRead, ResponsibleNowRead):
    """A customer that may leave: how likely that is, what is at stake, why, and whose it is to act."""

    tier: str | None
    region: str | None
    severity: str = Field(description="the worst of its warnings'")
    likelihood: str | None = Field(description="of a loss over the months to come, 0 to 1; null: not known")
    value_at_stake: str | None = Field(description="what it would bring over these months by its own rate")
    expected_loss: str | None = Field(description="the likelihood times the value at stake; the list is sorted by it")
    reasons: list[RiskReasonRead] = Field(description="the worst first")
    factors: list[LikelihoodFactorRead] = Field(description="what the likelihood follows from, the strongest first")


class WarningStepCreate(Shape):
    step: Literal["call", "visit", "message", "offer", "task", "other"]
    note: Text | None = None


class ClosingCreate(Shape):
    reason: Literal["solved", "explained", "accepted", "false_alarm", "other"]
    note: Text | None = None


class WarningRunCreate(Shape):
    as_of: Instant | None = Field(default=None, description="now, if not given")


class WarningRunRead(JobRead):
    """A sweep over all customers, and what it raised and closed so far; its progress counts customers."""

    as_of: datetime
    because: str = Field(description="review, schedule or request")
    evaluation_id: UUID | None
    outcomes: dict[str, int]
