"""Every accepted order is exactly once where it counts, and so is what was taken back of it."""

from deploy.verify.invariant import CUT, Between, Rows

ACCEPTED = Rows(
    "gateway",
    "select id as key, customer_id, placed_at, amount from customer_order",
    of_events="select id as key from customer_order where event_id = any($1)",
    of_streams=f"select id as key from customer_order where customer_id::text = any($1) and recorded_at < {CUT}",
)
# a cancellation is known by its order: an order is cancelled once
TAKEN_BACK = Rows(
    "gateway",
    "select case kind when 'return' then id else order_id end as key, order_id from reversal",
    of_events="select case kind when 'return' then id else order_id end as key from reversal where event_id = any($1)",
    of_streams=f"""select case kind when 'return' then id else order_id end as key from reversal
                   where customer_id::text = any($1) and recorded_at < {CUT}""",
)

INVARIANTS = (
    Between(
        "orders_in_ledger",
        "every accepted order is exactly once in the ledger, with its customer, time and amount",
        ACCEPTED,
        Rows(
            "loyalty",
            """select order_id as key, customer_id, placed_at,
                      (select sum((line ->> 2)::numeric(18, 4)) from jsonb_array_elements(lines) as line) as amount
               from order_points""",
        ),
    ),
    Between(
        "returns_in_ledger",
        "everything taken back of an order is exactly once in the ledger",
        TAKEN_BACK,
        Rows("loyalty", "select fact as key, order_id from order_points, unnest(reversed_by) as fact"),
    ),
)
