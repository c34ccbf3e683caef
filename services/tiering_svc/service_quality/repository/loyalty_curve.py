"""SQL of the satisfaction-loyalty curve (T16): everybody's mean score before a day, what it bought before and after."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shared.messaging import Transaction

# $1 the answers begin, $2 the months before begin, $3 those after begin, $4 their end, $5 as known when
ASKED = """
with asked as (
    select customer_id, avg(satisfaction) as score from satisfaction_answer
    where answered_at >= $1 and answered_at < $3 and recorded_at <= $5 group by customer_id
), bought as (
    select o.customer_id, o.placed_at >= $3 as after, o.amount - coalesce(c.amount, 0) as amount
    from asked join order_fact o using (customer_id)
    cross join lateral (
        select sum(c.amount) as amount, sum(c.quantity) as quantity from order_change c
        where c.customer_id = o.customer_id and c.order_id = o.order_id and c.recorded_at <= $5
    ) c
    where o.placed_at >= $2 and o.placed_at <= $4 and o.recorded_at <= $5 and o.quantity > coalesce(c.quantity, 0)
)
select a.customer_id, a.score, count(*) filter (where b.after) > 0 as came_back,
       coalesce(sum(b.amount) filter (where not b.after), 0) as revenue_before,
       coalesce(sum(b.amount) filter (where b.after), 0) as revenue_after
from asked a left join bought b using (customer_id) group by a.customer_id, a.score order by a.customer_id
"""


@dataclass(frozen=True, slots=True)
class CurveMonths:
    """When the months of the answers begin, those that revenue is compared with, and those that follow; their end."""

    answers_begin: datetime
    before_begin: datetime
    after_begin: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class AskedCustomerRow:
    """A customer that answered: its mean score, and what it bought before and after."""

    customer_id: UUID
    score: Decimal
    came_back: bool
    revenue_before: Decimal
    revenue_after: Decimal


async def list_asked(tx: Transaction, months: CurveMonths, known_at: datetime) -> list[AskedCustomerRow]:
    """Everybody who answered before the months that follow began, as known at an instant."""
    rows = await tx.raw.fetch(
        ASKED, months.answers_begin, months.before_begin, months.after_begin, months.until, known_at
    )
    return [AskedCustomerRow(**row) for row in rows]
