"""SQL of customers' snapshots as of an instant, as known at another (T1): one statement a class of facts, over a set.

`known_at` leaves out facts that were recorded later. Sums of months hold all facts, so they serve whoever has none
that came later; for the others the same figures are counted from the facts.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from services.tiering_svc.indicators.domain.snapshot import (
    ALL_CLASSES,
    Contacts,
    CustomerSnapshot,
    Receivables,
    SnapshotRequest,
    Traits,
)
from services.tiering_svc.indicators.repository import order_facts as facts
from services.tiering_svc.indicators.repository.external_facts import members
from shared.messaging import Transaction
from shared.sql import fragments, unnest


async def load_snapshots(
    tx: Transaction,
    requests: Sequence[SnapshotRequest],
    *,
    classes: AbstractSet[str] = ALL_CLASSES,
    known_at: datetime | None = None,
) -> list[CustomerSnapshot]:
    """One for each request, in that order; a customer may be asked for several times. Only these classes of facts are
    filled in (transaction always); `known_at` leaves out what was recorded later."""
    snapshots = await _list_transactions(tx, requests, known_at)
    arguments = (*facts.request_columns(requests), known_at)
    if "finance" in classes:
        rows = await tx.raw.fetch(RECEIVABLES, *arguments)
        snapshots = [replace(s, receivables=Receivables(*row)) for s, row in zip(snapshots, rows, strict=True)]
    if "contact" in classes:
        rows = await tx.raw.fetch(CONTACTS, *arguments)
        snapshots = [replace(s, contacts=Contacts(*row)) for s, row in zip(snapshots, rows, strict=True)]
    if "profile" in classes:
        rows = await tx.raw.fetch(TRAITS, *arguments)
        snapshots = [replace(s, traits=Traits(*row)) for s, row in zip(snapshots, rows, strict=True)]
    return snapshots


# --- transaction ---------------------------------------------------------------------------------------------------

EVER = f"""
select e.first_order_at, e.last_order_at
from {unnest("a", customer_id="uuid", as_of="timestamptz", ordinality="n")}
cross join lateral ({{orders}}) e order by a.n
"""
# A customer whose first order ever came after `as_of` had none by then.
EVER_FROM_MONTHS = EVER.format(
    orders="""
    select case when min(m.first_order_at) <= a.as_of then min(m.first_order_at) end as first_order_at,
           greatest(max(m.last_order_at) filter (where m.last_order_at <= a.as_of), (
               select max(o.placed_at)
               from indicator_month p
               join order_fact o on o.customer_id = p.customer_id and o.placed_at between p.first_order_at and a.as_of
               where p.customer_id = a.customer_id and p.first_order_at <= a.as_of and p.last_order_at > a.as_of
                 and o.returned_quantity < o.quantity
           )) as last_order_at
    from indicator_month m where m.customer_id = a.customer_id"""
)
EVER_FROM_FACTS = EVER.format(
    orders=f"""
    select min(o.placed_at) as first_order_at, max(o.placed_at) as last_order_at
    from ({facts.ORDERS_AS_KNOWN.format(known_at="$3")}) o where o.placed_at <= a.as_of and o.quantity > 0"""
)


async def _list_transactions(
    tx: Transaction, requests: Sequence[SnapshotRequest], known_at: datetime | None
) -> list[CustomerSnapshot]:
    customers, as_of, _ = facts.request_columns(requests)
    figures = await facts.list_figures(tx, requests)
    ever = [tuple(row) for row in await tx.raw.fetch(EVER_FROM_MONTHS, customers, as_of)]
    late = set() if known_at is None else await facts.list_recorded_later(tx, customers, known_at)
    if late:
        assert known_at is not None
        late_indexes = [index for index, request in enumerate(requests) if request.customer_id in late]
        late_requests = [requests[index] for index in late_indexes]
        late_figures = await facts.list_figures_as_known(tx, late_requests, known_at)
        ever_then = await tx.raw.fetch(
            EVER_FROM_FACTS,
            [request.customer_id for request in late_requests],
            [request.as_of for request in late_requests],
            known_at,
        )
        for index, sums, row in zip(late_indexes, late_figures, ever_then, strict=True):
            figures[index], ever[index] = sums, tuple(row)
    return [
        CustomerSnapshot(sums, request.as_of, last_month, request.months, *first_and_last)
        for (sums, last_month), request, first_and_last in zip(figures, requests, ever, strict=True)
    ]


# --- finance -------------------------------------------------------------------------------------------------------

ASKED = f"""
from {unnest("a", customer_id="uuid", as_of="timestamptz", months="int", ordinality="n")}
cross join business b
cross join lateral (
    select {fragments.day_of("a.as_of", "b.time_zone")} as day,
           date_trunc('month', a.as_of at time zone b.time_zone) - make_interval(months => a.months - 1) as begins
) w"""
RECEIVABLES = f"""
select paid.largest, paid.receipts, paid.received, paid.collected, paid.days, owed.outstanding,
       case when owed.receivables > 0 then owed.arrears end as arrears, owed.receivables, owed.in_arrears
{ASKED}
cross join lateral (
    select max(p.amount) as largest, count(*)::int as receipts, coalesce(sum(p.amount), 0) as received,
           coalesce(sum(p.amount) filter (where r.issued_on is not null), 0) as collected,
           coalesce(sum(p.amount * ({fragments.day_of("p.paid_at", "b.time_zone")} - r.issued_on)), 0) as days
    from payment_fact p
    left join receivable_fact r on r.receivable_id = p.receivable_id
         and {fragments.known_at_or_now("$4", "r.recorded_at")}
    where p.customer_id = a.customer_id and p.month >= w.begins::date and p.paid_at <= a.as_of
      and {fragments.known_at_or_now("$4", "p.recorded_at")}
) paid
cross join lateral (
    select count(*)::int as receivables, sum(left_open) as outstanding,
           coalesce(sum(left_open) filter (where due_on < w.day and left_open > 0), 0) as arrears,
           count(*) filter (where due_on < w.day and left_open > 0)::int as in_arrears
    from (
        select r.due_on, r.amount - coalesce((
            select sum(p.amount) from payment_fact p
            where p.customer_id = r.customer_id and p.receivable_id = r.receivable_id and p.paid_at <= a.as_of
              and {fragments.known_at_or_now("$4", "p.recorded_at")}
        ), 0) as left_open
        from receivable_fact r
        where r.customer_id = a.customer_id and r.issued_on <= w.day
          and {fragments.known_at_or_now("$4", "r.recorded_at")}
    ) o
) owed
order by a.n
"""

# --- contact -------------------------------------------------------------------------------------------------------

# A case is the customer's from its filing on, but known to be so only since it was linked.
CONTACTS = f"""
select c.contacts, c.tasks, c.done_tasks, c.open_tasks, c.overdue_tasks, k.complaints, k.suggestions, k.praises,
       k.consultations, k.repairs, k.other_cases, k.open_cases, k.closed_cases, k.rated_cases, k.satisfaction_sum,
       c.last_contact_at, q.answers, q.score_sum
{ASKED}
cross join lateral (select w.begins at time zone b.time_zone as starts_at) s
cross join lateral (
    select count(*) filter (where contacted_at >= s.starts_at)::int as contacts,
           count(*) filter (where agreed and contacted_at >= s.starts_at)::int as tasks,
           count(*) filter (where agreed and done and contacted_at >= s.starts_at)::int as done_tasks,
           count(*) filter (where agreed and not done)::int as open_tasks,
           count(*) filter (where agreed and not done and next_step_on < w.day)::int as overdue_tasks,
           max(contacted_at) as last_contact_at
    from (
        select contacted_at, next_step_on, next_step_on is not null as agreed,
               coalesce(completed_at <= a.as_of and {fragments.known_at_or_now("$4", "completion_recorded_at")}, false)
                   as done
        from contact_fact
        where customer_id = a.customer_id and contacted_at <= a.as_of
          and {fragments.known_at_or_now("$4", "recorded_at")}
    ) t
) c
cross join lateral (
    select count(*) filter (where f.kind = 'complaint' and f.filed_at >= s.starts_at)::int as complaints,
           count(*) filter (where f.kind = 'suggestion' and f.filed_at >= s.starts_at)::int as suggestions,
           count(*) filter (where f.kind = 'praise' and f.filed_at >= s.starts_at)::int as praises,
           count(*) filter (where f.kind = 'consultation' and f.filed_at >= s.starts_at)::int as consultations,
           count(*) filter (where f.kind = 'repair' and f.filed_at >= s.starts_at)::int as repairs,
           count(*) filter (where f.kind not in ('complaint', 'suggestion', 'praise', 'consultation', 'repair')
                            and f.filed_at >= s.starts_at)::int as other_cases,
           count(*) filter (where l.what is distinct from 'closed')::int as open_cases,
           count(*) filter (where l.what = 'closed' and l.changed_at >= s.starts_at)::int as closed_cases,
           count(l.satisfaction) filter (where l.what = 'closed' and l.changed_at >= s.starts_at)::int as rated_cases,
           coalesce(sum(l.satisfaction) filter (where l.what = 'closed' and l.changed_at >= s.starts_at), 0)::int
               as satisfaction_sum
    from case_fact f
    left join lateral (
        select h.what, h.changed_at, h.satisfaction from case_change h
        where h.case_id = f.case_id and h.changed_at <= a.as_of
          and {fragments.known_at_or_now("$4", "h.recorded_at")}
        order by h.changed_at desc, h.recorded_at desc limit 1
    ) l on true
    where f.customer_id = a.customer_id and f.filed_at <= a.as_of
      and {fragments.known_at_or_now("$4", "f.filed_recorded_at")}
      and {fragments.known_at_or_now("$4", "f.customer_recorded_at")}
) k
cross join lateral (
    select count(*)::int as answers, coalesce(sum(h.satisfaction), 0) as score_sum
    from satisfaction_answer h
    where h.customer_id = a.customer_id and h.answered_at >= s.starts_at and h.answered_at <= a.as_of
      and {fragments.known_at_or_now("$4", "h.recorded_at")}
) q
order by a.n
"""

# --- profile -------------------------------------------------------------------------------------------------------

# The last change by then; before the first one the first, for a region does not begin with being written down.
TRAITS = f"""
select t.kind, t.region, t.industry, t.legal_nature, t.acquisition_source, t.listed, t.employees,
       t.registered_capital, t.annual_sales, t.founded_year, t.age_band, t.income_band, t.household_size,
       t.completeness, t.age_band_since, g.group_size
{ASKED}
left join lateral (
    select * from customer_traits h
    where h.customer_id = a.customer_id and {fragments.known_at_or_now("$4", "h.recorded_at")}
    order by h.changed_at <= a.as_of desc, case when h.changed_at <= a.as_of then -h.seq else h.seq end limit 1
) t on true
cross join lateral (
    {members("a.customer_id", "a.as_of", "$4")}
    select count(distinct customer_id)::int as group_size from member
) g
order by a.n
"""
