"""SQL of what people read: history as it was known, the pyramid by level, finance facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.domain.indicators import Receivables
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class HistoryRow:
    id: UUID
    previous_tier: str | None
    tier: str
    rank: int
    kind: str
    starts_at: datetime
    ends_at: datetime | None
    recorded_at: datetime
    policy_id: UUID
    policy_version: int
    run_id: UUID | None
    reasons: dict[str, Any]


# What was known at $2: rows recorded by then and not replaced by then. A row's end is the next such row's beginning,
# because the end that is written may have become known later.
HISTORY = """
select id, previous_tier, tier, rank, kind, lower(effective) as starts_at,
       lead(lower(effective)) over (order by lower(effective)) as ends_at,
       recorded_at, policy_id, policy_version, run_id, reasons
from tier_history
where customer_id = $1 and recorded_at <= $2 and (superseded_at is null or superseded_at > $2)
order by lower(effective)
"""


async def list_history(tx: Transaction, customer_id: UUID, known_at: datetime) -> list[HistoryRow]:
    """Oldest first."""
    return [_history_row(row) for row in await tx.raw.fetch(HISTORY, customer_id, known_at)]


def _history_row(row: Mapping[str, Any]) -> HistoryRow:
    return HistoryRow(**row)


async def find_first_order(tx: Transaction, customer_id: UUID, as_of: datetime) -> datetime | None:
    """The first order ever of which something is left."""
    first: datetime | None = await tx.raw.fetchval(
        "select min(first_order_at) from indicator_month where customer_id = $1", customer_id
    )
    return first if first is not None and first <= as_of else None


async def read_receivables(
    tx: Transaction, customer_id: UUID, as_of: datetime, first_month: date, day: date
) -> Receivables:
    """Receipts of the window, and what was owed on that day."""
    paid = await tx.raw.fetchrow(
        """select max(p.amount) as largest, avg(p.amount)::numeric(18, 4) as average,
                  (sum(p.amount * ((p.paid_at at time zone b.time_zone)::date - r.issued_on))
                   / nullif(sum(p.amount) filter (where r.issued_on is not null), 0))::numeric(18, 4) as days
           from business b, payment_fact p left join receivable_fact r using (receivable_id)
           where p.customer_id = $1 and p.month >= $2 and p.paid_at <= $3""",
        customer_id, first_month, as_of,
    )  # fmt: skip
    owed = await tx.raw.fetchrow(
        """select count(*)::int as receivables, sum(left_open) as outstanding,
                  coalesce(sum(left_open) filter (where due_on < $3 and left_open > 0), 0) as arrears,
                  count(*) filter (where due_on < $3 and left_open > 0)::int as in_arrears
           from (
               select r.due_on, r.amount - coalesce((
                   select sum(p.amount) from payment_fact p
                   where p.customer_id = r.customer_id and p.receivable_id = r.receivable_id and p.paid_at <= $2
               ), 0) as left_open
               from receivable_fact r where r.customer_id = $1 and r.issued_on <= $3
           ) o""",
        customer_id, as_of, day,
    )  # fmt: skip
    assert paid is not None
    assert owed is not None
    arrears = owed["arrears"] if owed["receivables"] else None
    return Receivables(
        paid["largest"], paid["average"], paid["days"], owed["outstanding"], arrears,
        owed["receivables"], owed["in_arrears"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LevelFigures:
    tier: str
    customers: int
    amount: Decimal
    margin: Decimal | None
    margin_known_amount: Decimal
    came_up: int
    came_down: int
    new: int


# Sums of whole months come from `indicator_month`; what was placed after `as_of` in its month is taken off again.
PYRAMID = """
with whole as (
    select customer_id, amount, margin, margin_known_amount from indicator_month where month between $2 and $3
    union all
    select o.customer_id, -(amount - returned_amount), -(margin - returned_margin),
           -(amount - returned_amount) * (margin - returned_margin is not null)::int
    from order_fact o
    where $4 and o.month = $3 and o.placed_at > $1 and o.returned_quantity < o.quantity
), placed as ({placed})
select p.tier, count(distinct p.customer_id)::int as customers, coalesce(sum(w.amount), 0) as amount,
       sum(w.margin) as margin, coalesce(sum(w.margin_known_amount), 0) as margin_known_amount
from placed p left join whole w using (customer_id) group by p.tier
"""
NOW = "select customer_id, tier from standing where tier is not null"
THEN = "select customer_id, tier from tier_history where superseded_at is null and effective @> $1::timestamptz"

MOVED = """
select tier, count(*) filter (where kind = 'upgrade')::int as came_up,
       count(*) filter (where kind in ('downgrade', 'correction') and previous_tier <> tier)::int as came_down,
       count(*) filter (where kind = 'first')::int as new
from tier_history
where superseded_at is null and lower(effective) <= $1 and ($2::timestamptz is null or lower(effective) >= $2)
group by tier
"""


async def read_pyramid(
    tx: Transaction, as_of: datetime, first_month: date, last_month: date, since: datetime | None, *, past: bool
) -> dict[str, LevelFigures]:
    """By tier: who is there, what they brought in the window, and who has moved there since the last review."""
    statement = PYRAMID.format(placed=THEN if past else NOW)
    levels = await tx.raw.fetch(statement, as_of, first_month, last_month, past)
    moved = {row["tier"]: row for row in await tx.raw.fetch(MOVED, as_of, since)}
    nobody = {"came_up": 0, "came_down": 0, "new": 0}
    found = {}
    for row in levels:
        moves = moved.get(row["tier"], nobody)
        found[row["tier"]] = LevelFigures(
            row["tier"], row["customers"], row["amount"], row["margin"], row["margin_known_amount"],
            moves["came_up"], moves["came_down"], moves["new"],
        )  # fmt: skip
    return found
