"""SQL of purchase days (T13): a customer's orders of one business day are one purchase, as known at an instant."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.repository.merged import root_of
from services.tiering_svc.retention.domain.buyers import Buyer
from shared.customers import list_members
from shared.messaging import Transaction
from shared.sql import fragments

BUYERS = f"""
with orders as (
    select {root_of("o.customer_id", "$2")} as customer_id, {fragments.day_of("o.placed_at", "b.time_zone")} as day,
           o.amount - coalesce(t.amount, 0) as amount,
           case when t.order_id is null then o.margin else o.margin - t.margin end as margin
    from order_fact o
    cross join business b
    left join (
        select customer_id, order_id, sum(amount) as amount, sum(quantity) as quantity,
               case when count(margin) = count(*) then sum(margin) end as margin
        from order_change where recorded_at <= $2 {{whose}} group by customer_id, order_id
    ) t using (customer_id, order_id)
    where o.placed_at <= $1 and o.recorded_at <= $2 and o.quantity > coalesce(t.quantity, 0) {{whose}}
), days as (
    select customer_id, day, sum(amount) as amount, sum(margin) as margin,
           sum(amount) filter (where margin is not null) as known
    from orders group by customer_id, day
), numbered as (
    select customer_id, day, amount, margin, known, min(day) over (partition by customer_id) as first from days
)
select customer_id, (count(*) - 1)::int as frequency, (max(day) - min(first))::int as recency_days,
       ({fragments.day_of("$1::timestamptz", "(select time_zone from business)")} - min(first))::int as age_days,
       (sum(amount) filter (where day > first) / nullif(count(*) - 1, 0))::numeric(24, 4) as mean_value,
       (sum(margin) / nullif(sum(known), 0))::numeric(24, 4) as margin_rate
from numbered group by customer_id order by customer_id
"""
EVERYBODY = BUYERS.format(whose="")
OF_CUSTOMERS = BUYERS.format(whose="and customer_id = any($3::uuid[])")


async def list_buyers(
    tx: Transaction, as_of: datetime, known_at: datetime, customers: Sequence[UUID] | None = None
) -> list[Buyer]:
    """The customers (or all) who had bought by `as_of`, by the facts recorded by `known_at`, in key order. Of
    who are one (P12) the root, with the purchases of all."""
    if customers is None:
        rows = await tx.raw.fetch(EVERYBODY, as_of, known_at)
    else:
        members = {member for of_all in (await list_members(tx, customers)).values() for member in of_all}
        rows = await tx.raw.fetch(OF_CUSTOMERS, as_of, known_at, sorted(members))
    return [Buyer(*row) for row in rows]
