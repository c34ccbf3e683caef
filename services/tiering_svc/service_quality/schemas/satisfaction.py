"""Satisfaction over HTTP (T16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, MonthsRead, NamesShape
from shared.chassis import Code, Id, Instant, Read, Shape


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


class SatisfactionIndexDocument(Shape):
    """Up to three levels; the weights of siblings add up to 100."""

    scale: AnswerScaleWrite
    parts: list[TrunkWrite] = Field(min_length=1, max_length=30)


class AnsweredItem(Shape):
    code: Code
    expectation: Exact
    experience: Exact


class AnswerCreate(Shape):
    answer_id: Id = Field(description="an id of the caller's own: the same answer again changes nothing")
    customer_id: Id
    answered_at: Instant
    items: list[AnsweredItem] = Field(max_length=200)


class AnswerRead(Read):
    answer_id: UUID
    customer_id: UUID
    index_version: Count
    answered_at: datetime
    expectation: str
    experience: str
    satisfaction: str = Field(description="experience less expectation")
    items: dict[str, Any]


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

    buyers: Count
    complaint_rate: str | None = Field(description="complaints filed in the window over orders placed in it")
    return_rate: str | None = Field(description="amount returned of the window's orders over their amount")
    repurchase_rate: str | None = Field(description="of those who bought in the window, who bought more than once")


class SatisfactionRead(Read):
    window: MonthsRead
    since: datetime = Field(description="when the window begins")
    as_of: datetime
    known_at: datetime
    index_version: Count
    answers: Count
    index: ScoredRead
    rates: RatesRead


class CustomerSatisfactionRead(Read):
    customer_id: UUID
    satisfaction: SatisfactionRead
    latest: list[AnswerRead]
