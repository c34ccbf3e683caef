"""Every accepted order is exactly once where it counts, line by line, and so is what was taken back of it."""

from dataclasses import replace

from deploy.verify.invariant import CUT, Between, Rows

# A line as one number, so that the lines of an order are compared by their sum, in any order.
LINE = "hash_record_extended(row(({line})::int, ({category})::text, ({amount})::numeric(18, 4), ({quantity})::int), 0)"
OF_GATEWAY = LINE.format(line="line", category="category", amount="amount", quantity="quantity")

ACCEPTED = Rows(
    "gateway",
    "select id as key, customer_id, placed_at, amount from customer_order",
    of_events="select id as key from customer_order where event_id = any($1)",
    of_streams=f"select id as key from customer_order where customer_id::text = any($1) and recorded_at < {CUT}",
)
ACCEPTED_LINES = replace(
    ACCEPTED,
    sql=f"""select id as key, customer_id, placed_at, amount, content.lines
            from customer_order, lateral (
                select sum({OF_GATEWAY}) as lines
                from json_to_recordset(customer_order.lines::json)
                    as l(line int, category text, amount numeric(18, 4), quantity int)) content""",
)
# a cancellation is known by its order: an order is cancelled once
TAKEN_BACK = Rows(
    "gateway",
    "select case kind when 'return' then id else order_id end as key, order_id from reversal",
    of_events="select case kind when 'return' then id else order_id end as key from reversal where event_id = any($1)",
    of_streams=f"""select case kind when 'return' then id else order_id end as key from reversal
                   where customer_id::text = any($1) and recorded_at < {CUT}""",
)
LINES_BACK = Rows(
    "gateway",
    f"""select order_id as key,
               sum({OF_GATEWAY}) as lines
        from (select order_id, l.line, l.category, sum(l.amount) as amount, sum(l.quantity) as quantity
              from reversal, jsonb_to_recordset(lines) as l(line int, category text, amount numeric, quantity int)
              group by order_id, l.line, l.category) back group by order_id""",
    of_events="select order_id as key from reversal where event_id = any($1)",
    of_streams=f"select order_id as key from reversal where customer_id::text = any($1) and recorded_at < {CUT}",
)
OF_LEDGER = LINE.format(line="line ->> 0", category="line ->> 1", amount="line ->> 2", quantity="line ->> 3")
BACK_IN_LEDGER = LINE.format(line="line ->> 0", category="line ->> 1", amount="line ->> 4", quantity="line ->> 5")

INVARIANTS = (
    Between(
        "orders_in_ledger",
        "every accepted order is exactly once in the ledger, with its customer, time, amount and lines",
        ACCEPTED_LINES,
        Rows(
            "loyalty",
            f"""select order_id as key, customer_id, placed_at, content.amount, content.lines
                from order_points, lateral (
                    select sum((line ->> 2)::numeric(18, 4)) as amount, sum({OF_LEDGER}) as lines
                    from jsonb_array_elements(order_points.lines) as line) content""",
        ),
    ),
    Between(
        "returns_in_ledger",
        "everything taken back of an order is exactly once in the ledger",
        TAKEN_BACK,
        Rows("loyalty", "select fact as key, order_id from order_points, unnest(reversed_by) as fact"),
    ),
    Between(
        "reversed_lines",
        "of every line as much counts as taken back in the ledger as was returned or cancelled of it",
        LINES_BACK,
        Rows(
            "loyalty",
            f"""select order_id as key, sum({BACK_IN_LEDGER}) as lines
                from order_points, jsonb_array_elements(lines) as line where line ->> 5 is not null
                group by order_id""",
        ),
    ),
)
