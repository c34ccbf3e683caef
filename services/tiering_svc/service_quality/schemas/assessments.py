"""Assessments over HTTP (T15)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, Months, NamesShape
from shared.chassis import Code, Day, Read, Shape

Percent = Annotated[int, Field(strict=True, ge=0, le=100, json_schema_extra={"format": "int32"})]


class RuleWrite(Shape):
    code: Code
    name: NamesShape
    measure: Code
    below: Exact | None = Field(default=None, description="strikes when the measure is below it")
    above: Exact | None = Field(default=None, description="strikes when the measure is above it")
    each: Exact | None = Field(default=None, description="once for every whole such step beyond the limit")
    rank: Literal["best", "worst"] | None = Field(default=None, description="of all who are assessed together")
    points: Exact | None = None
    percent: Exact | None = Field(default=None, description="of the base")


class AssessmentRulesDocument(Shape):
    base: Exact = Field(description="what everybody begins with")
    least: Exact
    baseline_months: Annotated[Months, Field(ge=1, le=24)]
    contact_every_months: Annotated[Months, Field(ge=1, le=24)]
    file_complete_from: Percent = Field(description="percent of completeness below which a file counts as incomplete")
    rules: list[RuleWrite] = Field(min_length=1, max_length=50)


class AssessmentCreate(Shape):
    month: Day = Field(description="any day of the month; it must be over")


class AssessmentRead(Read):
    id: UUID
    month: date
    of: Literal["manager", "centre"]
    subject: str
    as_of: datetime
    rules_version: Count
    score: Decimal
    customers: Count
    reasons: list[dict[str, Any]]
    words: dict[str, str]
    made_by: str
    made_at: datetime


class AssessmentsRead(Read):
    month: date
    items: list[AssessmentRead] = Field(description="best score first")
