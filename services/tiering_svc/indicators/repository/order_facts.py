"""SQL of the facts: orders and what was taken back of them, each exactly once, and their sums by month (T1)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order_facts import PlacedOrder, ReversedOrder
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.tables.order_facts import indicator_month, order_change, order_fact
from shared.messaging import Transaction
from shared.sql import fragments, given_rows, insert_statement, unnest

# The facts go in, and their sums onto the months, in one statement.
PLACED = insert_statement(
    order_fact,
    ("customer_id", "placed_at", "order_id", "month", "amount", "margin", "quantity", "recorded_at", "mix"),
    on_conflict="nothing",
    returning=("customer_id", "month", "placed_at", "amount", "margin", "recorded_at"),
)
ADD_ORDERS = f"""
with placed as (
    {PLACED}
)
insert into indicator_month as m (customer_id, month, orders, amount, margin, margin_known_amount, largest_order,
                                  first_order_at, last_order_at, recorded_at)
select customer_id, month, count(*), sum(amount), sum(margin),
       coalesce(sum(amount) filter (where margin is not null), 0), max(amount), min(placed_at), max(placed_at),
       max(recorded_at)
from placed group by customer_id, month order by customer_id, month
on conflict (customer_id, month) do update set
    orders = m.orders + excluded.orders,
    amount = m.amount + excluded.amount,
    margin = coalesce(m.margin + excluded.margin, m.margin, excluded.margin),
    margin_known_amount = m.margin_known_amount + excluded.margin_known_amount,
    largest_order = greatest(m.largest_order, excluded.largest_order),
    first_order_at = least(m.first_order_at, excluded.first_order_at),
    last_order_at = greatest(m.last_order_at, excluded.last_order_at),
    recorded_at = greatest(m.recorded_at, excluded.recorded_at)
"""


async def add_orders(tx: Transaction, placed: Sequence[PlacedOrder]) -> None:
    """Keep new orders and add them to the sums of their months; known ones, taken again, change nothing (K8)."""
    await tx.raw.execute(
        ADD_ORDERS,
        [fact.customer_id for fact in placed], [fact.order.placed_at for fact in placed],
        [fact.order.order_id for fact in placed], [fact.order.month for fact in placed],
        [fact.order.amount for fact in placed], [fact.order.margin for fact in placed],
        [fact.order.quantity for fact in placed], [fact.recorded_at for fact in placed],
        [fact.mix for fact in placed],
    )  # fmt: skip


# An order is cancelled once, so its owner, back from a backup, may tell the same cancellation again, of another instant
# perhaps (K16). What is known under its id has been taken off already.
CHANGE = (
    "customer_id", "at", "change_id", "order_id", "month", "amount", "margin", "quantity", "recorded_at", "kind", "mix",
)  # fmt: skip
ADD_CHANGES = f"""
insert into order_change ({", ".join(CHANGE)})
select given.* from {given_rows(order_change, CHANGE)}
where not exists (
    select from order_change c where c.customer_id = given.customer_id and c.change_id = given.change_id
)
returning change_id
"""
OFF = ("customer_id", "placed_at", "order_id", "amount", "margin", "quantity", "recorded_at")
TAKE_OFF = f"""
update order_fact o set
    returned_amount = o.returned_amount + t.amount,
    returned_margin = o.returned_margin + t.margin,
    returned_quantity = o.returned_quantity + t.quantity
from (
    select customer_id, placed_at, order_id, sum(amount) as amount, sum(quantity)::bigint as quantity,
           case when count(margin) = count(*) then sum(margin) end as margin, max(recorded_at) as recorded_at
    from {given_rows(order_fact, OFF)}
    group by customer_id, placed_at, order_id
) t
where o.customer_id = t.customer_id and o.placed_at = t.placed_at and o.order_id = t.order_id
returning o.customer_id, o.month, t.recorded_at
"""


async def add_reversals(tx: Transaction, reversed_orders: Sequence[ReversedOrder]) -> None:
    """Keep what came back, take it off its orders, and count the months anew that either of them touches."""
    added = await tx.raw.fetch(
        ADD_CHANGES,
        [fact.customer_id for fact in reversed_orders], [fact.at for fact in reversed_orders],
        [fact.change_id for fact in reversed_orders], [fact.reversal.order_id for fact in reversed_orders],
        [fact.month for fact in reversed_orders], [fact.reversal.amount for fact in reversed_orders],
        [fact.reversal.margin for fact in reversed_orders], [fact.reversal.quantity for fact in reversed_orders],
        [fact.recorded_at for fact in reversed_orders], [fact.kind for fact in reversed_orders],
        [fact.mix for fact in reversed_orders],
    )  # fmt: skip
    change_ids = {row["change_id"] for row in added}
    new = [fact for fact in reversed_orders if fact.change_id in change_ids]
    rows = await tx.raw.fetch(
        TAKE_OFF,
        [fact.customer_id for fact in new], [fact.reversal.placed_at for fact in new],
        [fact.reversal.order_id for fact in new], [fact.reversal.amount for fact in new],
        [fact.reversal.margin for fact in new], [fact.reversal.quantity for fact in new],
        [fact.recorded_at for fact in new],
    )  # fmt: skip
    touched: dict[tuple[UUID, date], datetime] = {}
    for customer_id, month, known_from in chain(rows, ((f.customer_id, f.month, f.recorded_at) for f in new)):
        touched[customer_id, month] = max(known_from, touched.get((customer_id, month), known_from))
    await count_months_anew(tx, touched)


MONTHS_OF_FACTS = f"""
select a.customer_id, a.month, o.orders, o.amount, o.margin, o.margin_known_amount, o.largest_order,
       o.first_order_at, o.last_order_at, c.returned_amount, c.returned_count
from asked a
cross join lateral (
    select count(*)::int as orders, coalesce(sum(amount - returned_amount), 0) as amount,
           sum(margin - returned_margin) as margin,
           coalesce(sum(amount - returned_amount) filter (where margin - returned_margin is not null), 0)
               as margin_known_amount,
           max(amount - returned_amount) as largest_order, min(placed_at) as first_order_at,
           max(placed_at) as last_order_at
    from order_fact f
    where f.customer_id = a.customer_id and f.month = a.month and f.returned_quantity < f.quantity
      and {fragments.in_month("f.placed_at", "a.month", "a.zone")}
) o
cross join lateral (
    select coalesce(sum(amount), 0) as returned_amount, count(*)::int as returned_count
    from order_change g
    where g.customer_id = a.customer_id and g.month = a.month
      and {fragments.in_month("g.at", "a.month", "a.zone")}
) c
"""


async def count_months_anew(tx: Transaction, touched: Mapping[tuple[UUID, date], datetime]) -> None:
    """A month's row is the sum of its facts; after a return, recorded then, it is simply summed again."""
    ordered = sorted(touched)
    await tx.raw.execute(
        f"""with asked as (
                select a.customer_id, a.month, a.recorded_at, b.time_zone as zone
                from {given_rows(indicator_month, ("customer_id", "month", "recorded_at"), alias="a")}
                cross join business b
            )
            insert into indicator_month as m (customer_id, month, orders, amount, margin, margin_known_amount,
                largest_order, first_order_at, last_order_at, returned_amount, returned_count, recorded_at)
            select counted.*, asked.recorded_at from ({MONTHS_OF_FACTS}) counted join asked using (customer_id, month)
            order by customer_id, month
            on conflict (customer_id, month) do update set
                orders = excluded.orders, amount = excluded.amount, margin = excluded.margin,
                margin_known_amount = excluded.margin_known_amount, largest_order = excluded.largest_order,
                first_order_at = excluded.first_order_at, last_order_at = excluded.last_order_at,
                returned_amount = excluded.returned_amount, returned_count = excluded.returned_count,
                recorded_at = greatest(m.recorded_at, excluded.recorded_at)""",
        [customer_id for customer_id, _ in ordered], [month for _, month in ordered],
        [touched[key] for key in ordered],
    )  # fmt: skip


WINDOW = {
    "asked": unnest("a", customer_id="uuid", as_of="timestamptz", months="int", ordinality="n"),
    "last_month": fragments.month_of("a.as_of", "b.time_zone"),
}
FIGURES = """
select a.n, coalesce(sum(f.orders), 0)::int as orders, coalesce(sum(f.amount), 0) as amount,
       sum(f.margin) as margin, coalesce(sum(f.known), 0) as margin_known_amount, max(f.largest) as largest_order,
       min(f.first) as first_order_at, max(f.last) as last_order_at, coalesce(sum(f.returned), 0) as returned_amount,
       coalesce(sum(f.returns), 0)::int as returned_count, w.last_month,
       array_agg(f.month) filter (where f.orders > 0) as months,
       array_agg(f.amount) filter (where f.orders > 0) as amounts
from {asked}
cross join business b
cross join lateral (select {last_month} as last_month) w
left join lateral ({months}) f on true
group by a.n, w.last_month order by a.n
"""
# Whole months come from their sums; of the month of `as_of` only what had been placed by then, from the facts.
FIGURES_AS_OF = FIGURES.format(
    **WINDOW,
    months=f"""
    select m.month, m.orders, m.amount, m.margin, m.margin_known_amount as known, m.largest_order as largest,
           m.first_order_at as first, m.last_order_at as last, m.returned_amount as returned,
           m.returned_count as returns
    from indicator_month m
    where m.customer_id = a.customer_id and m.month < w.last_month
      and m.month > (w.last_month - make_interval(months => a.months))::date
    union all
    select w.last_month, count(*)::int, sum(amount - returned_amount), sum(margin - returned_margin),
           sum(amount - returned_amount) filter (where margin - returned_margin is not null),
           max(amount - returned_amount), min(placed_at), max(placed_at), null, null
    from order_fact o
    where o.customer_id = a.customer_id and o.placed_at <= a.as_of and o.returned_quantity < o.quantity
      and o.placed_at >= {fragments.start_of("w.last_month", "b.time_zone")}
    union all
    select w.last_month, null, null, null, null, null, null, null, sum(amount), count(*)::int
    from order_change g
    where g.customer_id = a.customer_id and g.at <= a.as_of
      and g.at >= {fragments.start_of("w.last_month", "b.time_zone")}
""",
)
# A customer's orders less what was known by then to have come back of them. A margin is not known when a part is not.
ORDERS_AS_KNOWN = """
    select o.month, o.placed_at, o.amount - coalesce(t.amount, 0) as amount,
           case when t.order_id is null then o.margin else o.margin - t.margin end as margin,
           o.quantity - coalesce(t.quantity, 0) as quantity
    from order_fact o
    left join (
        select order_id, sum(amount) as amount, sum(quantity) as quantity,
               case when count(margin) = count(*) then sum(margin) end as margin
        from order_change where customer_id = a.customer_id and recorded_at <= {known_at} group by order_id
    ) t using (order_id)
    where o.customer_id = a.customer_id and o.recorded_at <= {known_at}
"""
FIGURES_AS_KNOWN = FIGURES.format(
    **WINDOW,
    months=f"""
    select k.month, count(*)::int as orders, sum(k.amount) as amount, sum(k.margin) as margin,
           sum(k.amount) filter (where k.margin is not null) as known, max(k.amount) as largest,
           min(k.placed_at) as first, max(k.placed_at) as last, null::numeric as returned, null::int as returns
    from ({ORDERS_AS_KNOWN.format(known_at="$4")}) k
    where k.quantity > 0 and k.placed_at <= a.as_of
      and k.month > (w.last_month - make_interval(months => a.months))::date
    group by k.month
    union all
    select g.month, null, null, null, null, null, null, null, sum(g.amount), count(*)::int
    from order_change g
    where g.customer_id = a.customer_id and g.recorded_at <= $4 and g.at <= a.as_of
      and g.month > (w.last_month - make_interval(months => a.months))::date
    group by g.month
""",
)


async def list_figures(tx: Transaction, requests: Sequence[SnapshotRequest]) -> list[tuple[Figures, date]]:
    """The sums of each requested window, in the order asked; with the window's last month."""
    rows = await tx.raw.fetch(FIGURES_AS_OF, *request_columns(requests))
    return [(figures_of(row), row["last_month"]) for row in rows]


async def list_figures_as_known(
    tx: Transaction, requests: Sequence[SnapshotRequest], known_at: datetime
) -> list[tuple[Figures, date]]:
    """The sums of each requested window, of the facts that were recorded by `known_at` alone."""
    rows = await tx.raw.fetch(FIGURES_AS_KNOWN, *request_columns(requests), known_at)
    return [(figures_of(row), row["last_month"]) for row in rows]


def request_columns(requests: Sequence[SnapshotRequest]) -> tuple[list[UUID], list[datetime], list[int]]:
    """Requests as the three columns that statements take."""
    return (
        [request.customer_id for request in requests],
        [request.as_of for request in requests],
        [request.months for request in requests],
    )


async def list_recorded_later(tx: Transaction, customers: Sequence[UUID], known_at: datetime) -> set[UUID]:
    """Those of whom an order or a reversal was recorded after `known_at`: a month says when its newest was."""
    rows = await tx.raw.fetch(
        "select distinct customer_id from indicator_month where customer_id = any($1::uuid[]) and recorded_at > $2",
        customers, known_at,
    )  # fmt: skip
    return {row["customer_id"] for row in rows}


def figures_of(row: Any) -> Figures:
    """The figures in a row of FIGURES."""
    _, orders, amount, margin, known, largest, first, last, returned, returns, _, months, amounts = row.values()
    monthly: dict[date, Decimal] = dict(zip(months or (), amounts or (), strict=True))
    return Figures(orders, amount, margin, known, largest, first, last, returned, returns, monthly)
