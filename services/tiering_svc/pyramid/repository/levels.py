"""SQL of the pyramid's levels: how many customers, what they bring, who moved (T7)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.tiering_svc.core.repository.merged import is_absorbed
from shared.messaging import Transaction

# Sums of whole months come from `indicator_month`; what was placed after `as_of` in its month is taken off again.
PYRAMID = """
with placed as materialized ({placed}), whole as (
    select p.tier, sum(m.amount) as amount, sum(m.margin) as margin, sum(m.margin_known_amount) as known
    from indicator_month m join placed p using (customer_id) where m.month between $2 and $3 group by p.tier
), later as (
    select p.tier, sum(o.amount - o.returned_amount) as amount, sum(o.margin - o.returned_margin) as margin,
           sum(o.amount - o.returned_amount) filter (where o.margin - o.returned_margin is not null) as known
    from placed p join order_fact o using (customer_id)
    where $4 and o.placed_at > $1 and o.placed_at < $5 and o.returned_quantity < o.quantity group by p.tier
), counted as (select tier, count(*)::int as customers from placed where counts group by tier)
select c.tier, c.customers, coalesce(w.amount, 0) - coalesce(l.amount, 0) as amount,
       case when coalesce(w.known, 0) <> coalesce(l.known, 0) then w.margin - coalesce(l.margin, 0) end as margin,
       coalesce(w.known, 0) - coalesce(l.known, 0) as margin_known_amount
from counted c left join whole w using (tier) left join later l using (tier)
"""
# Each id in the tier of who stands for it (P12), with the figures of its own months; only the latter is counted.
NOW = f"""select customer_id, tier, not {is_absorbed("customer_id")} as counts from standing where tier is not null"""
THEN = f"""select customer_id, tier, not {is_absorbed("customer_id", "$1")} as counts
from tier_history where superseded_at is null and effective @> $1::timestamptz"""
# A correction says where the customer was all along: no way down. It counts by what stood before it, if anything did.
MOVED = f"""
select h.tier, count(*) filter (where h.kind = 'upgrade' or before.rank < h.rank)::int as came_up,
       count(*) filter (where h.kind = 'downgrade')::int as came_down,
       count(*) filter (where h.kind = 'first' or (h.kind = 'correction' and before.id is null))::int as new
from tier_history h
left join tier_history before on h.kind = 'correction' and before.customer_id = h.customer_id
     and before.superseded_at is null and upper(before.effective) = lower(h.effective)
where h.superseded_at is null and lower(h.effective) <= $1 and ($2::timestamptz is null or lower(h.effective) >= $2)
  and not {is_absorbed("h.customer_id", "$1")}
group by h.tier
"""


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """Who is in a level, what they brought in the window, and who came there since the last review."""

    tier: str
    customers: int
    amount: Decimal
    margin: Decimal | None
    margin_known_amount: Decimal
    came_up: int
    came_down: int
    new: int


async def read_pyramid(
    tx: Transaction,
    as_of: datetime,
    months: tuple[date, date],
    ends_at: datetime,
    since: datetime | None,
    *,
    past: bool,
) -> dict[str, LevelFigures]:
    """Tiers: who is there, what they brought in the window of months (the last ends at `ends_at`), and who has moved
    there since the last review."""
    statement = PYRAMID.format(placed=THEN if past else NOW)
    levels = await tx.raw.fetch(statement, as_of, *months, past, ends_at)
    moved = {row["tier"]: row for row in await tx.raw.fetch(MOVED, as_of, since)}
    nobody = {"came_up": 0, "came_down": 0, "new": 0}
    by_tier = {}
    for row in levels:
        moves = moved.get(row["tier"], nobody)
        by_tier[row["tier"]] = LevelFigures(
            row["tier"], row["customers"], row["amount"], row["margin"], row["margin_known_amount"],
            moves["came_up"], moves["came_down"], moves["new"],
        )  # fmt: skip
    return by_tier
