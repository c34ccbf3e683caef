"""SQL of retention (T13): who was active in which period, cohorts, who is lost and what they brought, what it cost.

Everything stands on one view: a customer's months with orders of which something is left, as of one instant. Known now
it comes from the sums of months; known at an earlier instant from the facts recorded by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.retention.domain.churn import Movement, OrderRhythm, Silence
from services.tiering_svc.tiers.repository.tiers_as_of import tiers_as_of
from shared.chassis import DataScope
from shared.messaging import Transaction

PERIODS = """
with bought as ({bought}), periods as (
    select g::date as period, g::date::timestamp at time zone b.time_zone as starts_at
    from business b, generate_series($3::date::timestamp, $4::date::timestamp, make_interval(months => $5)) g
), active as (
    select distinct customer_id, date_trunc($6, month::timestamp)::date as period from bought
), beginnings as (
    select customer_id, min(period) as first from active group by customer_id
), moves as (
    select coalesce(n.customer_id, b.customer_id) as customer_id, coalesce(n.period, b.period) as period,
           n.customer_id is not null as is_active, b.customer_id is not null as was_active
    from active n
    full join (select customer_id, (period + make_interval(months => $5))::date as period from active) b
         on b.customer_id = n.customer_id and b.period = n.period
){tiers}
select p.period, count(*) filter (where m.was_active)::int as base,
       count(*) filter (where m.was_active and m.is_active)::int as retained,
       count(*) filter (where m.is_active and not m.was_active and f.first = m.period)::int as new,
       count(*) filter (where m.is_active and not m.was_active and f.first < m.period)::int as back
from periods p
left join (moves m join beginnings f using (customer_id)) on m.period = p.period {only}
group by p.period order by p.period
"""
IN_TIER = f""", tiers as materialized (
    select p.period, t.customer_id from periods p
    cross join lateral ({tiers_as_of("p.starts_at", "$2")}) t where t.tier = $7
)"""
ONLY_IN_TIER = "and exists (select from tiers t where t.customer_id = m.customer_id and t.period = m.period)"


async def list_movements(
    tx: Transaction, point: PointInTime, first: date, last: date, months: int, tier: str | None
) -> list[tuple[date, Movement]]:
    """The movement of each period of so many months (1 or 3); with a tier, of those who were in it when the period
    began."""
    statement = PERIODS.format(
        bought=point.bought, tiers="" if tier is None else IN_TIER, only="" if tier is None else ONLY_IN_TIER
    )
    unit = "month" if months == 1 else "quarter"
    rows = await tx.raw.fetch(
        statement, point.as_of, point.known_at, first, last, months, unit, *([] if tier is None else [tier])
    )
    return [(row[0], Movement(*row[1:])) for row in rows]


COHORTS = """
with bought as ({bought}), beginnings as (select customer_id, min(month) as first from bought group by customer_id)
select f.first, (12 * (extract(year from b.month) - extract(year from f.first))
                 + extract(month from b.month) - extract(month from f.first))::int as later,
       count(*)::int as customers, sum(b.amount) as amount
from bought b join beginnings f using (customer_id)
where f.first between $3 and $4
group by f.first, later order by f.first, later
"""


async def list_cohorts(
    tx: Transaction, point: PointInTime, first: date, last: date
) -> list[tuple[date, int, int, Decimal]]:
    """Active customers and their amount by cohort (the month of the first order) and months later."""
    rows = await tx.raw.fetch(COHORTS.format(bought=point.bought), point.as_of, point.known_at, first, last)
    return [tuple(row) for row in rows]


LOST = f"""
with bought as ({{bought}}), lives as (
    select customer_id, sum(orders)::int as orders, min(first_at) as first_at, max(last_at) as last_at,
           max(month) as last_month
    from bought group by customer_id
), cycles as (
    select *, case when orders > 1 then extract(epoch from last_at - first_at) / 86400 / (orders - 1) end as cycle
    from lives
), limits as (
    select *, greatest(coalesce($3::numeric * cycle, 0), $4::int) as allowed from cycles
), silent as (
    select *, last_at + allowed * interval '1 day' as lost_at from limits
), lost as (
    select s.*, t.tier
    from silent s left join ({tiers_as_of("$1", "$2")}) t using (customer_id)
    where s.lost_at <= $1 and ($5::timestamptz is null or s.lost_at >= $5) and ($6::text is null or t.tier = $6)
      and {{within}}
), brought as (
    select l.customer_id, sum(b.amount) as amount, sum(b.margin) as margin, sum(b.known) as known
    from lost l join bought b on b.customer_id = l.customer_id and b.month > (l.last_month - interval '12 months')
    group by l.customer_id
)
"""
TOTALS = """
select count(*)::int as customers, coalesce(sum(amount), 0) as amount, sum(margin) as margin,
       coalesce(sum(known), 0) as margin_known_for, count(*) filter (where margin is null)::int as margin_unknown
from brought
"""
PAGE = """
select l.customer_id, l.tier, l.orders, l.first_at, l.last_at, l.cycle::numeric(18, 4) as cycle,
       l.allowed::numeric(18, 4) as allowed, l.lost_at, b.amount, b.margin, b.known as margin_known_for
from lost l join brought b using (customer_id)
where $7::numeric is null or b.amount < $7 or (b.amount = $7 and l.customer_id > $8::uuid)
order by b.amount desc, l.customer_id limit $9
"""


@dataclass(frozen=True, slots=True)
class LostTotals:
    """What the lost customers brought together in their last twelve months, and how much of it has known costs."""

    customers: int
    amount: Decimal
    margin: Decimal | None
    margin_known_for: Decimal
    margin_unknown: int  # customers of whose profit nothing is known


@dataclass(frozen=True, slots=True)
class LostCustomer:
    """A lost customer, and what it brought in its last twelve months."""

    customer_id: UUID
    tier: str | None
    orders: int
    first_order_at: datetime
    last_order_at: datetime
    cycle_days: Decimal | None
    limit_days: Decimal
    lost_at: datetime
    amount: Decimal  # of the twelve months that end with that of the last order
    margin: Decimal | None
    margin_known_for: Decimal


async def find_lost(
    tx: Transaction, point: PointInTime, lost: Silence, since: datetime | None, tier: str | None, scope: DataScope
) -> LostTotals:
    """Who of a scope was lost by then (since an instant, in a tier), together."""
    values: list[Any] = [point.as_of, point.known_at, lost.cycles, lost.days, since, tier]
    within = scope.where("s.customer_id", values)
    row = await tx.raw.fetchrow((LOST + TOTALS).format(bought=point.bought, within=within), *values)
    assert row is not None
    return LostTotals(*row)


async def list_lost(
    tx: Transaction, point: PointInTime, lost: Silence, since: datetime | None, tier: str | None,
    after: tuple[Decimal, UUID] | None, limit: int, scope: DataScope | None = None,
) -> list[LostCustomer]:  # fmt: skip
    """Who (of a scope) was lost by then (since an instant, in a tier); who brought most comes first."""
    values: list[Any] = [
        point.as_of, point.known_at, lost.cycles, lost.days, since, tier, *(after or (None, None)), limit,
    ]  # fmt: skip
    within = "true" if scope is None else scope.where("s.customer_id", values)
    rows = await tx.raw.fetch((LOST + PAGE).format(bought=point.bought, within=within), *values)
    return [LostCustomer(*row) for row in rows]


RHYTHMS = """
select customer_id, sum(orders)::int as orders, min(first_at) as first_at, max(last_at) as last_at
from ({bought}) b where customer_id = any($3::uuid[]) group by customer_id
"""


async def load_rhythms(tx: Transaction, point: PointInTime, customers: Sequence[UUID]) -> dict[UUID, OrderRhythm]:
    """How often each of these customers ordered by then; who had not ordered is left out."""
    rows = await tx.raw.fetch(RHYTHMS.format(bought=point.bought), point.as_of, point.known_at, list(customers))
    return {customer_id: OrderRhythm(*rest) for customer_id, *rest in map(tuple, rows)}


RHYTHM = """
select sum(orders)::int as orders, min(first_at) as first_at, max(last_at) as last_at
from ({bought}) b where customer_id = any($3::uuid[]) having count(*) > 0
"""


async def find_rhythm(tx: Transaction, point: PointInTime, members: Sequence[UUID]) -> OrderRhythm | None:
    """How often these, who are one (P12), ordered by then; None: not at all."""
    row = await tx.raw.fetchrow(RHYTHM.format(bought=point.bought_by_each), point.as_of, point.known_at, list(members))
    return None if row is None else OrderRhythm(*row)


# --- costs ----------------------------------------------------------------------------------------------------------

COSTS = """
select distinct on (month, purpose, channel) month, purpose, channel, amount, recorded_by, recorded_at
from retention_cost where month between $1 and $2 and recorded_at <= $3
order by month, purpose, channel, recorded_at desc, entry_id desc
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a month's winning (`win`) or keeping (`keep`) of customers cost by one channel."""

    month: date
    purpose: str
    channel: str
    amount: Decimal
    recorded_by: str
    recorded_at: datetime


async def add_cost(
    tx: Transaction, entry_id: UUID, month: date, purpose: str, channel: str, amount: Decimal, by: str
) -> None:
    """A cost as somebody reports it. `purpose`: `win` or `keep`. A later report of the same replaces an earlier one."""
    await tx.raw.execute(
        """insert into retention_cost (entry_id, month, purpose, channel, amount, recorded_by, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        entry_id, month, purpose, channel, amount, by, tx.at,
    )  # fmt: skip


async def list_costs(tx: Transaction, first: date, last: date, known_at: datetime) -> Sequence[Cost]:
    """The last entry of each month, purpose and channel, as known then."""
    return [Cost(*row) for row in await tx.raw.fetch(COSTS, first, last, known_at)]
