"""What the outside reported: each row of the gateway was announced with what it says, and every event has its row."""

from deploy.verify.invariant import CUT, Between, Rows, Within
from deploy.verify.invariants.orders import ACCEPTED, TAKEN_BACK


def announced(type_: str) -> str:
    """SQL of a type's events, with their payloads as JSON."""
    return f"(select event_id, payload::jsonb as p from outbox where type = 'intake.{type_}.v1')"


# Of an order's payload the lines are at its end, as they are in the row: only what stands before them is read as JSON.
# Both sides are made narrow before they are joined; where the texts differ, the lines are compared one by one: of an
# article that is called like a telephone number the event does not say what it is called, and of one that was erased
# the row does not.
ORDERS = f"""
with told as (
    select event_id, (left(payload, strpos(payload, ',"lines":') - 1) || '}}')::jsonb as head,
           md5(substr(payload, strpos(payload, ',"lines":') + 9)) as lines
    from outbox where type = 'intake.order_placed.v1'
), kept as (
    select id, event_id, customer_id, source, placed_at, currency, channel, amount, recorded_at,
           md5(lines || '}}') as lines
    from customer_order
), suspected as (
    select o.id, o.customer_id, o.source, event_id, head is null as not_announced,
           (o.id is null or head is null or ((head ->> 'order_id')::uuid, (head ->> 'customer_id')::uuid,
               head ->> 'source', (head ->> 'placed_at')::timestamptz, head ->> 'currency', head ->> 'channel',
               (head ->> 'amount')::numeric)
            is distinct from (o.id, o.customer_id, o.source, o.placed_at, o.currency, o.channel, o.amount)) as differs
    from kept o full join told using (event_id)
    where (o.id is null or head is not null or o.recorded_at >= {CUT})
      and (o.lines is distinct from told.lines or ((head ->> 'order_id')::uuid, (head ->> 'customer_id')::uuid,
               head ->> 'source', (head ->> 'placed_at')::timestamptz, head ->> 'currency', head ->> 'channel',
               (head ->> 'amount')::numeric)
            is distinct from (o.id, o.customer_id, o.source, o.placed_at, o.currency, o.channel, o.amount))
)
select s.id, s.customer_id, s.source, s.event_id, s.not_announced
from suspected s left join customer_order o using (id)
left join outbox e on e.event_id = s.event_id and e.type = 'intake.order_placed.v1' and not s.differs
where s.differs or exists (
    select from jsonb_array_elements(o.lines::jsonb) with ordinality as k(line, place)
    full join jsonb_array_elements(e.payload::jsonb -> 'lines') with ordinality as a(line, place) using (place)
    where k.line is distinct from a.line
      and ('withheld' not in (a.line ->> 'sku', k.line ->> 'sku') or k.line - 'sku' is distinct from a.line - 'sku'
           or a.line is null or k.line is null))
"""

LINES = """
    select o.id, line ->> 'category' as category, sum((line ->> 'amount')::numeric) as amount,
           sum((line ->> 'quantity')::bigint) as quantity,
           case when count(*) = count(line ->> 'unit_cost') then
               sum((line ->> 'amount')::numeric - (line ->> 'unit_cost')::numeric * (line ->> 'quantity')::int)
           end as margin
    from {table} o, jsonb_array_elements(o.lines{cast}) as line group by 1, 2
"""
MIX = """
    select {key} as key, sum(l.quantity)::bigint as quantity,
           case when count(*) = count(l.margin) then sum(l.margin) end as margin,
           sum(hashtext(concat_ws(' ', l.category, l.amount, l.quantity, l.margin))) as mix
    from {rows} group by 1
"""
MIX_OF_FACTS = """
    select {key} as key, quantity, margin, (
        select sum(hashtext(concat_ws(' ', key, value ->> 0, value ->> 1, value ->> 2)))
        from jsonb_each(mix::jsonb)) as mix
    from {table}
"""

INVARIANTS = (
    Within(
        "orders_announced",
        "every order was announced once, with what it says to the last line, and no order that is not there was",
        ("gateway",),
        checked="select count(*) from customer_order",
        offending=ORDERS,
    ),
    Within(
        "reversals_announced",
        "every return and cancellation was announced with what it says, and takes no more back than was ordered",
        ("gateway",),
        checked="select count(*) from reversal",
        offending=f"""
            with events as (
                select event_id, p, coalesce(p ->> 'returned_at', p ->> 'cancelled_at')::timestamptz as at,
                       case when p ? 'returned_at' then 'return' else 'cancellation' end as kind
                from (select * from {announced("order_returned")} as a
                      union all select * from {announced("order_cancelled")} as b) as e
            )
            select r.id, r.order_id, r.customer_id, 'announced otherwise' as fault
            from reversal r full join events e using (event_id) left join customer_order o on o.id = r.order_id
            where r.id is null or o.id is null or (e.event_id is null and r.recorded_at >= {CUT})
               or (e.event_id is not null and (
                   (r.kind, r.order_id, r.customer_id, r.at, r.amount, jsonb_strip_nulls(r.lines), o.placed_at,
                    o.customer_id) is distinct from
                   (e.kind, (p ->> 'order_id')::uuid, (p ->> 'customer_id')::uuid, e.at, (p ->> 'amount')::numeric,
                    jsonb_strip_nulls(p -> 'lines'), (p ->> 'placed_at')::timestamptz, r.customer_id)
                   or (r.kind = 'return' and r.id <> (p ->> 'return_id')::uuid)
                   or r.reason is distinct from p ->> 'reason'))
            union all
            select null, order_id, null, 'more was taken back than was ordered' from (
                select r.order_id, back ->> 'line' as line, sum((back ->> 'quantity')::int) as quantity,
                       sum((back ->> 'amount')::numeric) as amount
                from reversal r, jsonb_array_elements(r.lines) as back group by 1, 2
            ) as b
            where not exists (
                select from customer_order o, jsonb_array_elements(o.lines::jsonb) as ordered
                where o.id = b.order_id and ordered ->> 'line' = b.line
                  and (ordered ->> 'quantity')::int >= b.quantity and (ordered ->> 'amount')::numeric >= b.amount)
        """,
    ),
    Within(
        "deliveries_announced",
        "every delivery was announced with what it says, and is of an order",
        ("gateway",),
        checked="select count(*) from delivery",
        offending=f"""
            select d.id, d.order_id, d.customer_id, e.event_id as announced_by
            from delivery d full join {announced("order_delivered")} as e using (event_id)
            left join customer_order o on o.id = d.order_id
            where d.id is null or o.customer_id is distinct from d.customer_id
               or (e.event_id is null and d.recorded_at >= {CUT})
               or (e.event_id is not null and (d.id, d.order_id, d.customer_id, d.delivered_at, d.lines, o.placed_at)
                   is distinct from ((p ->> 'delivery_id')::uuid, (p ->> 'order_id')::uuid,
                   (p ->> 'customer_id')::uuid, (p ->> 'delivered_at')::timestamptz, p -> 'lines',
                   (p ->> 'placed_at')::timestamptz))
        """,
    ),
    Within(
        "money_announced",
        "every receivable and payment was announced with what it says, and what is outstanding is what was not paid",
        ("gateway",),
        checked="select (select count(*) from receivable) + (select count(*) from payment)",
        offending=f"""
            select 'receivable' as what, r.id, r.customer_id, event_id
            from receivable r full join {announced("receivable_issued")} as e using (event_id)
            where r.id is null or (e.event_id is null and r.recorded_at >= {CUT})
               or (e.event_id is not null and (r.id, r.customer_id, r.order_id, r.amount, r.issued_on, r.due_on)
                   is distinct from ((p ->> 'receivable_id')::uuid, (p ->> 'customer_id')::uuid,
                   (p ->> 'order_id')::uuid, (p ->> 'amount')::numeric, (p ->> 'issued_on')::date,
                   (p ->> 'due_on')::date))
            union all
            select 'payment', y.id, y.customer_id, event_id
            from payment y full join {announced("payment_received")} as e using (event_id)
            where y.id is null or (e.event_id is null and y.recorded_at >= {CUT})
               or (e.event_id is not null and (y.id, y.receivable_id, y.customer_id, y.amount, y.outstanding, y.paid_at)
                   is distinct from ((p ->> 'payment_id')::uuid, (p ->> 'receivable_id')::uuid,
                   (p ->> 'customer_id')::uuid, (p ->> 'amount')::numeric, (p ->> 'outstanding')::numeric,
                   (p ->> 'paid_at')::timestamptz))
            union all
            select 'outstanding', y.receivable_id, r.customer_id, null from (
                select receivable_id, sum(amount) as paid, min(outstanding) as outstanding, max(outstanding) as first,
                       count(*) as times, count(distinct customer_id) as customers
                from payment group by 1
            ) as y left join receivable r on r.id = y.receivable_id
            where r.amount is distinct from y.paid + y.outstanding or y.customers > 1
        """,
    ),
    Between(
        "order_lines_in_indicators",
        "pieces, margin and product mix of every order are those of its lines",
        Rows(
            "gateway",
            MIX.format(key="id", rows=f"({LINES.format(table='customer_order', cast='::jsonb')}) as l"),
            of_events=ACCEPTED.of_events,
            of_streams=ACCEPTED.of_streams,
        ),
        Rows("tiering", MIX_OF_FACTS.format(key="order_id", table="order_fact")),
    ),
    Between(
        "returned_lines_in_indicators",
        "pieces, margin and product mix of everything taken back are those of its lines",
        Rows(
            "gateway",
            MIX.format(
                key="case r.kind when 'return' then r.id else r.order_id end",
                rows=f"({LINES.format(table='reversal', cast='')}) as l join reversal r using (id)",
            ),
            of_events=TAKEN_BACK.of_events,
            of_streams=TAKEN_BACK.of_streams,
        ),
        Rows("tiering", MIX_OF_FACTS.format(key="change_id", table="order_change")),
    ),
)
