"""What must always hold in tiering's database, as SQL that returns the offending rows."""

from typing import Any

from services.tiering_svc.indicators.repository.order_facts import MONTHS_OF_FACTS
from shared.messaging import Database

HISTORY_HAS_GAPS_OR_OVERLAPS = """
select customer_id, id, 'gap or overlap' as what from (
    select customer_id, id, upper(effective) as ends,
           lead(lower(effective)) over (partition by customer_id order by lower(effective)) as next
    from tier_history where superseded_at is null
) h where ends is distinct from next
"""
NOT_ONE_OPEN_ROW = """
select s.customer_id, s.row_id as id, 'open row' as what from standing s
left join lateral (
    select count(*) as open, min(id::text)::uuid as id, min(tier) as tier, min(lower(effective)) as since
    from tier_history h where h.customer_id = s.customer_id and superseded_at is null and upper_inf(effective)
) o on true
where case when s.tier is null then o.open <> 0
           else o.open <> 1 or o.id <> s.row_id or o.tier <> s.tier or o.since <> s.since end
"""
MONTHS_DIFFER_FROM_FACTS = f"""
with asked as (
    select k.customer_id, k.month, b.time_zone as zone from (
        select customer_id, month from order_fact union select customer_id, month from order_change
        union select customer_id, month from indicator_month
    ) k cross join business b
), counted as ({MONTHS_OF_FACTS})
select coalesce(c.customer_id, m.customer_id) as customer_id, null::uuid as id, 'month' as what
from counted c full join indicator_month m using (customer_id, month)
where (c.orders, c.amount, c.margin, c.margin_known_amount, c.largest_order, c.first_order_at, c.last_order_at,
       c.returned_amount, c.returned_count)
      is distinct from
      (m.orders, m.amount, m.margin, m.margin_known_amount, m.largest_order, m.first_order_at, m.last_order_at,
       m.returned_amount, m.returned_count)
"""
ORDERS_TWICE = """
select min(customer_id::text)::uuid as customer_id, order_id as id, 'order twice' as what
from order_fact group by order_id having count(*) > 1
"""
TAKEN_BACK_DIFFERS = """
select o.customer_id, o.order_id as id, 'taken back' as what from order_fact o
left join (
    select customer_id, order_id, sum(amount) as amount, sum(quantity) as quantity from order_change group by 1, 2
) c using (customer_id, order_id)
where o.returned_amount <> coalesce(c.amount, 0) or o.returned_quantity <> coalesce(c.quantity, 0)
      or o.returned_quantity > o.quantity
"""


async def broken_invariants(database: Database) -> list[tuple[Any, ...]]:
    broken: list[tuple[Any, ...]] = []
    for statement in (
        HISTORY_HAS_GAPS_OR_OVERLAPS, NOT_ONE_OPEN_ROW, MONTHS_DIFFER_FROM_FACTS, ORDERS_TWICE, TAKEN_BACK_DIFFERS
    ):  # fmt: skip
        rows = await database.run(lambda tx, statement=statement: tx.raw.fetch(statement))  # type: ignore[misc]
        broken += [tuple(row.values()) for row in rows]
    return broken
