"""Indicators: each month's figures are the sums of the facts, and the facts are intake's, each exactly once."""

from dataclasses import replace

from deploy.verify.invariant import CUT, Between, Rows, Within
from deploy.verify.invariants.orders import ACCEPTED, TAKEN_BACK

INVARIANTS = (
    Between(
        "orders_in_indicators",
        "every accepted order is exactly once in the indicators, with its customer, time and amount",
        ACCEPTED,
        Rows("tiering", "select order_id as key, customer_id, placed_at, amount from order_fact"),
    ),
    Between(
        "returns_in_indicators",
        "everything taken back of an order is exactly once in the indicators, with its customer, time and amount",
        replace(
            TAKEN_BACK,
            sql="""select case kind when 'return' then id else order_id end as key, order_id, customer_id, kind,
                          at, amount
                   from reversal""",
        ),
        Rows("tiering", "select change_id as key, order_id, customer_id, kind, at, amount from order_change"),
    ),
    Between(
        "receivables_in_indicators",
        "every receivable is exactly once in the indicators",
        Rows(
            "gateway",
            "select id as key, customer_id, amount, issued_on, due_on from receivable",
            of_events="select id as key from receivable where event_id = any($1)",
            of_streams=f"select id as key from receivable where customer_id::text = any($1) and recorded_at < {CUT}",
        ),
        Rows("tiering", "select receivable_id as key, customer_id, amount, issued_on, due_on from receivable_fact"),
    ),
    Between(
        "payments_in_indicators",
        "every payment is exactly once in the indicators",
        Rows(
            "gateway",
            "select id as key, receivable_id, customer_id, amount, paid_at from payment",
            of_events="select id as key from payment where event_id = any($1)",
            of_streams=f"select id as key from payment where customer_id::text = any($1) and recorded_at < {CUT}",
        ),
        Rows("tiering", "select payment_id as key, receivable_id, customer_id, amount, paid_at from payment_fact"),
    ),
    Within(
        "indicator_months",
        "each month's indicators are the sums of its facts: orders in the month of placing, net of what came back",
        ("tiering",),
        checked="select count(*) from indicator_month",
        offending="""
            with placed as (
                select customer_id, month, count(*) as orders, sum(amount - returned_amount) as amount,
                       sum(margin - returned_margin) as margin,
                       sum(amount - returned_amount) filter (where margin - returned_margin is not null) as known,
                       max(amount - returned_amount) as largest, min(placed_at) as first_at, max(placed_at) as last_at
                from order_fact where returned_quantity < quantity group by customer_id, month
            ), returned as (
                select customer_id, month, sum(amount) as amount, count(*) as returns
                from order_change group by customer_id, month
            )
            select customer_id, month, i.orders, p.orders as orders_in_facts, i.amount, p.amount as amount_in_facts,
                   i.margin, p.margin as margin_in_facts, i.returned_amount, r.amount as returned_in_facts
            from indicator_month i
            full join placed p using (customer_id, month)
            full join returned r using (customer_id, month)
            where coalesce(i.orders, 0) <> coalesce(p.orders, 0)
               or coalesce(i.amount, 0) <> coalesce(p.amount, 0) or i.margin is distinct from p.margin
               or coalesce(i.margin_known_amount, 0) <> coalesce(p.known, 0)
               or i.first_order_at is distinct from p.first_at or i.last_order_at is distinct from p.last_at
               or i.largest_order is distinct from p.largest
               or coalesce(i.returned_amount, 0) <> coalesce(r.amount, 0)
               or coalesce(i.returned_count, 0) <> coalesce(r.returns, 0)
        """,
    ),
    Within(
        "months_of_facts",
        "orders, what came back and payments count in the month in which they happened, in the business's zone",
        ("tiering",),
        checked="select (select count(*) from order_fact) + (select count(*) from order_change)",
        offending="""
            select facts.* from (
                select order_id as fact, customer_id, month, placed_at as at from order_fact
                union all select change_id, customer_id, month, at from order_change
                union all select payment_id, customer_id, month, paid_at from payment_fact
            ) as facts cross join business
            where month <> date_trunc('month', at at time zone business.time_zone)::date
        """,
    ),
    Within(
        "order_facts",
        "what an order lost is the sum of what was taken back of it",
        ("tiering",),
        checked="select count(*) from order_fact",
        offending="""
            select order_id, o.customer_id, o.amount, o.returned_amount, c.amount as taken_back, o.returned_margin,
                   c.margin as margin_taken_back
            from order_fact o
            full join (
                select order_id, sum(amount) as amount, sum(quantity) as quantity,
                       case when count(margin) = count(*) then sum(margin) end as margin
                from order_change group by order_id
            ) as c using (order_id)
            where o.returned_amount is distinct from coalesce(c.amount, 0) or o.returned_amount > o.amount
               or o.returned_quantity is distinct from coalesce(c.quantity, 0) or o.returned_quantity > o.quantity
               or o.returned_margin is distinct from (case when c.order_id is null then 0 else c.margin end)
        """,
    ),
)
