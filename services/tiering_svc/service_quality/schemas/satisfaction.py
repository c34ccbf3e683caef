"""Satisfaction over HTTP (T16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, MonthsRead, NamesShape, Version
from shared.chassis import Code, Id, Instant, Read, Shape, SignedAmount


class AnswerScaleWrite(Shape):
    from_: Exact = Field(alias="from")
    to: Exact


class LeafWrite(Shape):
    code: Code
    name: NamesShape
    weight: Exact = Field(description="percent among its siblings")


class BranchWrite(LeafWrite):
    parts: list[LeafWrite] | None = Field(default=None, min_length=1, max_length=30)


class TrunkWrite(LeafWrite):
    parts: list[BranchWrite] | None = Field(default=None, min_length=1, max_length=30)


class SurveyQuestionWrite(Shape):
    """A question beside the index."""

    code: Code
    name: NamesShape = Field(description="the question, in both languages")
    kind: Literal["reputation", "awareness", "price_sensitivity"]
    scale: AnswerScaleWrite = Field(description="its own; from 0 to 1 for a question of yes or no")


class SatisfactionIndexDocument(Shape):
    """Up to three levels; the weights of siblings add up to 100."""

    scale: AnswerScaleWrite
    parts: list[TrunkWrite] = Field(min_length=1, max_length=30)
    questions: list[SurveyQuestionWrite] | None = Field(
        default=None, max_length=30, description="what is asked beside the index, by kind"
    )


class AnsweredItem(Shape):
    code: Code
    expectation: Exact
    experience: Exact


class QuestionAnswer(Shape):
    code: Code
    value: Exact


class AnswerCreate(Shape):
    answer_id: Id = Field(description="an id of the caller's own: the same answer again changes nothing")
    customer_id: Id
    answered_at: Instant
    items: list[AnsweredItem] = Field(max_length=200)
    questions: list[QuestionAnswer] = Field(
        default_factory=list, max_length=30, description="answers to the questions beside the index"
    )
    index_version: Version | None = Field(
        default=None, description="the version of the index it was given to; that in force then, if not given"
    )


class AnswerRead(Read):
    answer_id: UUID
    customer_id: UUID
    index_version: Count
    answered_at: datetime
    expectation: str
    experience: str
    satisfaction: str = Field(description="experience less expectation")
    items: dict[str, Any]
    questions: dict[str, str] = Field(description="answers to the questions beside the index, by code")


class ScoredRead(Read):
    code: str
    name: dict[str, str]
    weight: str
    expectation: str | None
    experience: str | None
    satisfaction: str | None = Field(description="null when nobody answered")
    parts: list[ScoredRead]


class RatesRead(Read):
    """Beside the index. Null: nothing to divide by."""

    buyers: Count = Field(description="customers who bought in the window and did not bring everything back")
    complaint_rate: str | None = Field(description="complaints filed in the window over orders placed in it")
    return_rate: str | None = Field(description="amount returned of the window's orders over their amount")
    come_back_rate: str | None = Field(
        description="of the buyers, the share that bought on more than one day of the window"
    )


class QuestionLevelRead(Read):
    code: str
    name: dict[str, str]
    answers: Count
    mean: str | None = Field(description="on the question's own scale; null: nobody answered")
    level: str | None = Field(description="where the mean lies on the scale, 0 to 1")


class QuestionKindRead(Read):
    """Reputation, awareness or price sensitivity, by the questions of that kind."""

    kind: str
    level: str | None = Field(description="mean of the levels of its questions, 0 to 1; null: nobody answered")
    questions: list[QuestionLevelRead]


class CurvePointRead(Read):
    """The customers whose mean score lies in a bin, and what they did in the months that follow."""

    lowest: str
    highest: str = Field(description="just below it")
    customers: Count
    came_back: Count = Field(description="of these, who bought in the months that follow")
    come_back_rate: str | None
    interval: list[str] = Field(min_length=2, max_length=2, description="of that rate: 95 %, from and to (Wilson)")
    not_lost_before: Count = Field(description="who were not lost when the months that follow began")
    retained: Count = Field(description="of these, who were not lost at their end either")
    retention_rate: str | None
    revenue_before: SignedAmount = Field(description="of as many months before")
    revenue_after: SignedAmount
    growth: str | None = Field(description="of revenue a day; null: no revenue before")


class LoyaltyCurveRead(Read):
    """The satisfaction-loyalty curve: by score, who bought again, who stayed, how revenue grew."""

    as_of: datetime
    known_at: datetime
    survey: MonthsRead = Field(description="the months whose answers count")
    follow_up: MonthsRead = Field(description="the months that follow; the last is that of `as_of`")
    churn_rules_version: Count = Field(description="by which somebody counts as lost at `as_of`")
    width: str = Field(description="of a bin, in points of the index's scale")
    customers: Count
    points: list[CurvePointRead] = Field(description="lowest score first; bins without customers are left out")


class SatisfactionRead(Read):
    window: MonthsRead
    since: datetime = Field(description="when the window begins")
    as_of: datetime
    known_at: datetime
    index_version: Count
    answers: Count
    index: ScoredRead = Field(description="over the answers to the version of the index that was in force at `as_of`")
    mean_score: str | None = Field(
        description="mean of all answers' own scores, whatever version they were given to: the indicator `satisfaction`"
    )
    questions: list[QuestionKindRead] = Field(description="what was asked beside the index")
    rates: RatesRead


class CustomerSatisfactionRead(Read):
    customer_id: UUID
    satisfaction: SatisfactionRead
    latest: list[AnswerRead]
