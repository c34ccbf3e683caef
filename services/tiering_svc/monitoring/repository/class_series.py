"""SQL of the monthly series of classes and of product lines (T12): set-based, one statement a dimension."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.calendar import month_of, shift, start_of
from services.tiering_svc.monitoring.domain.class_rules import ClassSeries
from services.tiering_svc.monitoring.domain.monthly_series import MonthSums
from services.tiering_svc.monitoring.domain.subjects import PRODUCT_LINE
from shared.messaging import Transaction

EARLIER = 12  # months before those that rules look at: whether a class is older than they are
LATE = "interval '2 months'"  # after a month's beginning: the month following it has ended

# $1: the sweep's instant. Who is in which class then.
TRAIT = """
select customer_id, {trait} as code from (
    select distinct on (customer_id) customer_id, {trait} from customer_traits where changed_at <= $1
    order by customer_id, seq desc
) t where {trait} is not null
"""
MEMBERS = {
    "tier": """select customer_id, tier as code from tier_history
               where superseded_at is null and effective @> $1::timestamptz""",
    "region": TRAIT.format(trait="region"),
    "industry": TRAIT.format(trait="industry"),
    "kind": TRAIT.format(trait="kind"),
    "stage": "select customer_id, stage as code from customer_stage where $1::timestamptz is not null",
    "manager": """select distinct on (customer_id) customer_id, employee_id as code from account_team
                  where role = 'account_manager' and assigned_at <= $1 and (released_at is null or released_at > $1)
                  order by customer_id, assigned_at desc, assignment_id desc""",
}

# Whole months from their sums. $2, $3: the first month, and the month after the last one; $4: the zone.
CLASSES = """
with members as ({members}), sizes as (select code, count(*)::int as members from members group by code)
select s.code, s.members, b.* from sizes s left join (
    select c.code as of_code, m.month, count(*)::int as buyers, sum(m.orders)::int as orders, sum(m.amount) as amount,
           min(m.first_order_at), max(m.last_order_at),
           coalesce(sum(m.amount) filter (
               where m.recorded_at >= (m.month + {late}) at time zone $4::text), 0) * 2 > sum(m.amount) as backfilled
    from members c join indicator_month m using (customer_id)
    where m.month >= $2 and m.month < $3 and m.orders > 0
    group by c.code, m.month
) b on b.of_code = s.code
"""

# What is left of each category of the orders of a month, by customer. $1, $5: from when to when they were placed.
LINES = f"""
with placed as (
    select customer_id, order_id, month, placed_at, recorded_at, mix from order_fact
    where placed_at >= $5 and placed_at < $6 and placed_at <= $1 and month >= $2 and month < $3 and mix is not null
), parts as (
    select p.customer_id, p.month, e.key as code, (e.value ->> 0)::numeric as amount, (e.value ->> 1)::bigint as pieces,
           1 as orders, p.placed_at, p.recorded_at
    from placed p cross join lateral jsonb_each(p.mix::jsonb) e
    union all
    select p.customer_id, p.month, e.key, -(e.value ->> 0)::numeric, -(e.value ->> 1)::bigint, 0, p.placed_at,
           p.recorded_at
    from order_change c join placed p on p.customer_id = c.customer_id and p.order_id = c.order_id
    cross join lateral jsonb_each(c.mix::jsonb) e
), bought as (
    select customer_id, month, code, sum(amount) as amount, sum(orders)::int as orders, min(placed_at) as first_at,
           max(placed_at) as last_at,
           coalesce(sum(amount) filter (where recorded_at >= (month + {LATE}) at time zone $4::text), 0) as late
    from parts group by customer_id, month, code having sum(pieces) > 0
), sizes as (select code, count(distinct customer_id)::int as members from bought group by code)
select s.code, s.members, b.code, b.month, count(*)::int, sum(b.orders)::int, sum(b.amount), min(b.first_at),
       max(b.last_at), sum(b.late) * 2 > sum(b.amount)
from sizes s join bought b using (code) group by s.code, s.members, b.code, b.month
"""


async def load_class_series(
    tx: Transaction, subject_kind: str, dimension: str, as_of: datetime, zone: ZoneInfo, months: int
) -> dict[str, ClassSeries]:
    """The series of each class of a dimension, or of each product line, by its code: the full months before `as_of`
    that rules look at (`months`), and some before. The members are those of `as_of`."""
    this_month = month_of(as_of, zone)
    first = shift(this_month, -months - EARLIER)
    if subject_kind == PRODUCT_LINE:
        bounds = start_of(first, zone), start_of(this_month, zone)
        rows = await tx.raw.fetch(LINES, as_of, first, this_month, str(zone), *bounds)
    else:
        statement = CLASSES.format(members=MEMBERS[dimension], late=LATE)
        rows = await tx.raw.fetch(statement, as_of, first, this_month, str(zone))
    sums: dict[str, dict[date, MonthSums]] = defaultdict(dict)
    buyers: dict[str, dict[date, int]] = defaultdict(dict)
    backfilled: dict[str, set[date]] = defaultdict(set)
    members: dict[str, int] = {}
    for code, size, _, month, count, orders, amount, first_at, last_at, late in map(tuple, rows):
        members[code] = size
        if month is not None:
            sums[code][month] = MonthSums(orders, Decimal(amount), first_at, last_at)
            buyers[code][month] = count
            if late:
                backfilled[code].add(month)
    return {
        code: ClassSeries(
            as_of, as_of.astimezone(zone).date(), this_month, sums[code],
            min((month.first_at for month in sums[code].values()), default=None), min(sums[code], default=None),
            members=size, buyers=buyers[code], backfilled=frozenset(backfilled[code]),
        )
        for code, size in members.items()
    }  # fmt: skip
