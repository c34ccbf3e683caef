"""SQL of answers about expectation and experience (T16), and of the rates shown beside them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.repository.merged import root_of
from shared.messaging import Transaction
from shared.sql import fragments

COLUMNS = """answer_id, customer_id, index_version, answered_at, items, questions, expectation, experience,
             satisfaction, recorded_by, recorded_at"""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer with its score by the version of the index that it was given to."""

    answer_id: UUID
    customer_id: UUID
    index_version: int
    answered_at: datetime
    items: Mapping[str, Sequence[str]]
    questions: Mapping[str, str]
    expectation: Decimal
    experience: Decimal
    satisfaction: Decimal
    recorded_by: str
    recorded_at: datetime


async def add_answer(tx: Transaction, row: AnswerRow, month: Any) -> bool:
    """Insert an answer; False when there is one of this id already."""
    added = await tx.raw.fetchval(
        """insert into satisfaction_answer (answer_id, customer_id, index_version, answered_at, month, items,
               questions, expectation, experience, satisfaction, recorded_by, recorded_at)
           values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11, $12)
           on conflict do nothing returning answer_id""",
        row.answer_id, row.customer_id, row.index_version, row.answered_at, month, json.dumps(row.items),
        json.dumps(row.questions), row.expectation, row.experience, row.satisfaction, row.recorded_by, row.recorded_at,
    )  # fmt: skip
    return added is not None


async def find_answer(tx: Transaction, answer_id: UUID) -> AnswerRow | None:
    """An answer by its id, which whoever records it chooses; None: there is none."""
    row = await tx.raw.fetchrow(f"select {COLUMNS} from satisfaction_answer where answer_id = $1", answer_id)
    return None if row is None else AnswerRow(**row)


class RespondentAnswers(NamedTuple):
    """What one questionnaire said: about the leaves of the index, to the questions beside it; and its own score."""

    answer_id: UUID
    customer_id: UUID
    items: Mapping[str, Sequence[str]]
    questions: Mapping[str, str]
    satisfaction: Decimal


async def list_answers(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime, version: int,
    customers: Sequence[UUID] | None = None,
) -> list[RespondentAnswers]:  # fmt: skip
    """What was answered in the window to this version of the index, by these customers or all."""
    rows = await tx.raw.fetch(
        """select answer_id, customer_id, items, questions, satisfaction from satisfaction_answer
           where answered_at >= $1 and answered_at <= $2 and recorded_at <= $3 and index_version = $4
             and ($5::uuid[] is null or customer_id = any($5))
           order by answered_at, answer_id""",
        since, until, known_at, version, None if customers is None else list(customers),
    )  # fmt: skip
    return [RespondentAnswers(*row) for row in map(tuple, rows)]


async def find_mean_score(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime, customers: Sequence[UUID] | None = None
) -> Decimal | None:
    """The mean score of all answers of the window, each by the version of the index that it was given to."""
    mean: Decimal | None = await tx.raw.fetchval(
        """select avg(satisfaction) from satisfaction_answer
           where answered_at >= $1 and answered_at <= $2 and recorded_at <= $3
             and ($4::uuid[] is null or customer_id = any($4))""",
        since, until, known_at, None if customers is None else list(customers),
    )  # fmt: skip
    return mean


async def list_answers_of(tx: Transaction, members: Sequence[UUID], limit: int) -> list[AnswerRow]:
    """The answers of these, who are one (P12), newest first."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from satisfaction_answer where customer_id = any($1::uuid[])
            order by answered_at desc, answer_id desc limit $2""",
        members, limit,
    )  # fmt: skip
    return [AnswerRow(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Counts:
    """What the rates beside the index are made of."""

    buyers: int  # customers who bought in the window something of which they kept a part
    came_back: int  # of them, those who bought on more than one day of it
    orders: int
    bought: Decimal
    returned: Decimal  # of these very orders, whenever it came back
    complaints: int


async def count_beside(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime, customers: Sequence[UUID] | None = None
) -> Counts:
    """Orders placed in the window, what of them was returned, and the complaints filed in it, as known then. Of who are
    one (P12) all ids are given; they are one buyer."""
    row = await tx.raw.fetchrow(
        f"""with orders as (
               select customer_id, order_id, amount, quantity, placed_at from order_fact
               where placed_at >= $1 and placed_at <= $2 and recorded_at <= $3
                 and ($4::uuid[] is null or customer_id = any($4))
           ), buyers as (
               select {root_of("o.customer_id")} as root_id,
                      count(distinct {fragments.day_of("o.placed_at", "b.time_zone")}) as days
               from orders o cross join business b
               where o.quantity > coalesce((
                   select sum(c.quantity) from order_change c
                   where c.customer_id = o.customer_id and c.order_id = o.order_id and c.recorded_at <= $3), 0)
               group by 1
           )
           select (select count(*) from buyers)::int as buyers,
                  (select count(*) from buyers where days > 1)::int as came_back,
                  (select count(*) from orders)::int as orders,
                  (select coalesce(sum(amount), 0) from orders) as bought,
                  (select coalesce(sum(c.amount), 0) from order_change c join orders o
                      on o.customer_id = c.customer_id and o.order_id = c.order_id
                   where c.recorded_at <= $3 and c.at <= $2) as returned,
                  (select count(*) from case_fact f
                   where f.kind = 'complaint' and f.filed_at >= $1 and f.filed_at <= $2 and f.filed_recorded_at <= $3
                     and ($4::uuid[] is null or f.customer_id = any($4)))::int as complaints""",
        since, until, known_at, None if customers is None else list(customers),
    )  # fmt: skip
    assert row is not None
    return Counts(**row)
