"""Assessments over HTTP (T15)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, Months, NamesShape, Version
from shared.chassis import Code, Day, Id, Read, Shape

Percent = Annotated[int, Field(strict=True, ge=0, le=100, json_schema_extra={"format": "int32"})]
Year = Annotated[int, Field(strict=True, ge=1990, le=2199, json_schema_extra={"format": "int32"})]
BASE_MONTH = r"^(199|20\d|21\d)\d-(0[1-9]|1[0-2])$"
BaseMonthText = Annotated[
    str, Field(strict=True, pattern=BASE_MONTH, description="one month for all", examples=["2025-12"])
]


class BaseMonthWrite(Shape):
    """The month that revenue is held against: one of the three."""

    month: BaseMonthText | None = None
    year: Year | None = Field(default=None, description="the same month of this year")
    years_back: Annotated[Months, Field(ge=1, le=10)] | None = Field(
        default=None, description="the same month so many years before"
    )


class TopListWrite(Shape):
    """The customers that count most: either the largest or listed ones."""

    name: NamesShape
    base: BaseMonthWrite = Field(description="the base month, which also says who the largest are")
    largest: Annotated[int, Field(strict=True, ge=1, le=10_000, json_schema_extra={"format": "int32"})] | None = Field(
        default=None, description="so many customers with most revenue in the base month"
    )
    members: list[Id] | None = Field(default=None, min_length=1, max_length=1_000, description="these customers")


class AssessmentStepWrite(Shape):
    """From which value on a rule takes how much. Of several steps reached the farthest counts."""

    at_least: Exact | None = None
    at_most: Exact | None = None
    points: Exact | None = None
    percent: Exact | None = Field(default=None, description="of the base")


class RuleWrite(Shape):
    """A rule with one condition (below, above, rank, steps) and one effect (points, percent; steps have their own)."""

    code: Code
    name: NamesShape
    measure: Code
    below: Exact | None = Field(default=None, description="strikes when the measure is below it")
    above: Exact | None = Field(default=None, description="strikes when the measure is above it")
    each: Exact | None = Field(default=None, description="once for every whole such step beyond the limit")
    most: Exact | None = Field(default=None, description="with each: at most so many times")
    rank: Literal["best", "worst"] | None = Field(default=None, description="of all who are assessed together")
    steps: list[AssessmentStepWrite] | None = Field(default=None, min_length=1, max_length=20)
    points: Exact | None = None
    percent: Exact | None = Field(default=None, description="of the base")


class AssessmentRulesDocument(Shape):
    base: Exact = Field(description="what everybody begins with")
    least: Exact
    revenue_base: BaseMonthWrite = Field(description="what the month's revenue is held against")
    contact_every_months: Annotated[Months, Field(ge=1, le=24)]
    file_complete_from: Percent = Field(description="percent of completeness below which a file counts as incomplete")
    top_list: TopListWrite | None = None
    rules: list[RuleWrite] = Field(min_length=1, max_length=50)


class AssessmentCreate(Shape):
    month: Day = Field(description="any day of the month; it must be over")
    rules_version: Version | None = Field(
        default=None, description="the version of the rules; that in force at the month's end, if not given"
    )


class AssessmentLineRead(Read):
    """What one rule looked at, and what it did. `value` is what it compares: a change, a number, a score."""

    rule: str
    name: dict[str, str]
    measure: str
    rank: str | None
    value: str | None = Field(description="null: not known, so the rule did nothing")
    figure: str | None = Field(description="the month's revenue, or how many")
    base: str | None = Field(
        description="revenue of the base month; how many there were in all; with rank the best or worst of all"
    )
    base_month: str | None = Field(description="the month that revenue was held against")
    times: str
    points: str = Field(description="what it did to the score")
    facts: list[dict[str, str]] = Field(description="the facts behind it, at most a hundred")
    facts_in_all: Count


class AssessmentRead(Read):
    id: UUID
    month: date
    of: Literal["manager", "centre"]
    subject: str
    as_of: datetime
    rules_version: Count
    score: Decimal
    customers: Count
    reasons: list[AssessmentLineRead] = Field(description="a line for each rule")
    words: dict[str, str]
    made_by: str
    made_at: datetime


class AssessmentsRead(Read):
    month: date
    known_at: datetime
    items: list[AssessmentRead] = Field(description="best score first")
