"""A point in two times, as of when and as known when, and the SQL of everybody's purchases by month that count then."""

from dataclasses import dataclass
from datetime import datetime

from services.tiering_svc.core.repository.merged import is_merged, root_of

BOUGHT_NOW = """
    select customer_id, month, orders, amount, margin, margin_known_amount as known, first_order_at as first_at,
           last_order_at as last_at
    from indicator_month where orders > 0 and last_order_at <= $1 and $2::timestamptz is not null
    union all
    select o.customer_id, m.month, count(*)::int, sum(o.amount - o.returned_amount), sum(o.margin - o.returned_margin),
           coalesce(sum(o.amount - o.returned_amount) filter (where o.margin - o.returned_margin is not null), 0),
           min(o.placed_at), max(o.placed_at)
    from indicator_month m
    join order_fact o on o.customer_id = m.customer_id and o.placed_at between m.first_order_at and $1
    where m.orders > 0 and m.first_order_at <= $1 and m.last_order_at > $1 and o.returned_quantity < o.quantity
    group by o.customer_id, m.month
"""
BOUGHT_AS_KNOWN = """
    select customer_id, month, count(*)::int as orders, sum(amount) as amount, sum(margin) as margin,
           coalesce(sum(amount) filter (where margin is not null), 0) as known, min(placed_at) as first_at,
           max(placed_at) as last_at
    from (
        select o.customer_id, o.month, o.placed_at, o.amount - coalesce(t.amount, 0) as amount,
               case when t.order_id is null then o.margin else o.margin - t.margin end as margin
        from order_fact o
        left join (
            select customer_id, order_id, sum(amount) as amount, sum(quantity) as quantity,
                   case when count(margin) = count(*) then sum(margin) end as margin
            from order_change where recorded_at <= $2 group by customer_id, order_id
        ) t using (customer_id, order_id)
        where o.placed_at <= $1 and o.recorded_at <= $2 and o.quantity > coalesce(t.quantity, 0)
    ) k group by customer_id, month
"""
# Where nobody was merged the second half is not even begun.
AS_ONE = f"""
    with of_each as not materialized ({{bought}})
    select * from of_each b where not {is_merged("b.customer_id")}
    union all
    select {root_of("b.customer_id", "$2")}, month, sum(orders)::int, sum(amount), sum(margin), sum(known),
           min(first_at), max(last_at)
    from of_each b where exists (select from customer_merge) and {is_merged("b.customer_id")} group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class PointInTime:
    """When a question is about: as of when, as known when, and whether both are simply now."""

    as_of: datetime
    known_at: datetime
    now: bool

    @property
    def bought(self) -> str:
        """A select of each customer's purchases by month, as of $1, as known at $2: customer_id, month, orders, amount,
        margin, known (the amount whose costs are known), first_at, last_at. By month sums where it is now. Of who are
        one (P12) the root, with the purchases of all."""
        return AS_ONE.format(bought=self.bought_by_each)

    @property
    def bought_by_each(self) -> str:
        """The same under the ids that orders were addressed to."""
        return BOUGHT_NOW if self.now else BOUGHT_AS_KNOWN
