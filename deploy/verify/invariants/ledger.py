"""Points: what is posted sums to zero, and a balance is its postings is what is left in its lots, never below zero."""

from deploy.verify.invariant import CUT, Within

INVARIANTS = (
    Within(
        "ledger_sums",
        "the postings of every entry, and of all together, sum to zero",
        ("loyalty",),
        checked="select count(*) from posting",
        offending="""
            select entry_id::text as entry, sum(points) as sum from posting group by entry_id having sum(points) <> 0
            union all
            select 'all', sum(points) from posting having sum(points) <> 0
        """,
    ),
    Within(
        "ledger_entries",
        "every entry has its postings and every posting its entry; entries count 1, 2, 3 … per customer",
        ("loyalty",),
        checked="select count(*) from entry",
        offending="""
            select e.customer_id, e.id as entry_id, e.number, 'no postings' as fault from entry e
            where not exists (select from posting p where p.entry_id = e.id and p.customer_id = e.customer_id)
            union all
            select p.customer_id, p.entry_id, null, 'no entry' from posting p
            where not exists (select from entry e where e.id = p.entry_id and e.customer_id = p.customer_id)
            union all
            select customer_id, null, a.entries, 'not 1..n' from wallet a
            full join (select customer_id, count(*) as entries, max(number) as last from entry group by customer_id) e
                using (customer_id)
            where coalesce(e.entries, 0) <> coalesce(a.entries, 0) or coalesce(e.last, 0) <> coalesce(a.entries, 0)
        """,
    ),
    Within(
        "ledger_balances",
        "every balance is the sum of its postings, is what is left in its lots and holds, and is not below zero",
        ("loyalty",),
        checked="select count(*) from wallet",
        offending="""
            with posted as (
                select customer_id,
                       coalesce(sum(points) filter (where account = 'available'), 0) as available,
                       coalesce(sum(points) filter (where account = 'held'), 0) as held,
                       -coalesce(sum(points) filter (where account = 'debt'), 0) as debt
                from posting group by customer_id
            ), lots as (
                select customer_id, sum(remaining) as remaining from lot group by customer_id
            ), holds as (
                select customer_id, sum(points) as points from hold where state = 'open' group by customer_id
            )
            select customer_id, a.available, a.held, a.debt, p.available as posted_available, p.held as posted_held,
                   p.debt as posted_debt, lots.remaining as in_lots, holds.points as in_holds
            from wallet a
            full join posted p using (customer_id)
            full join lots using (customer_id)
            full join holds using (customer_id)
            where coalesce(a.available, 0) <> coalesce(p.available, 0)
               or coalesce(a.held, 0) <> coalesce(p.held, 0)
               or coalesce(a.debt, 0) <> coalesce(p.debt, 0)
               or coalesce(a.available, 0) <> coalesce(lots.remaining, 0)
               or coalesce(a.held, 0) <> coalesce(holds.points, 0)
               or least(a.available, a.held, a.debt) < 0
        """,
    ),
    Within(
        "ledger_announced",
        "every entry was announced exactly once, with the balances after it",
        ("loyalty",),
        checked="select count(*) from entry",
        offending=f"""
            with posted as materialized (  -- each payload is read once
                select payload::jsonb as p from outbox where type = 'loyalty.points_posted.v1'
            ), announced as (
                select (p ->> 'entry_id')::uuid as id, (p ->> 'points')::bigint as points,
                       (p ->> 'balance')::bigint as available, (p ->> 'held')::bigint as held,
                       (p ->> 'debt')::bigint as debt
                from posted
            )
            select id as entry_id, e.customer_id, e.number, 'not announced, or announced otherwise' as fault
            from entry e full join announced using (id)
            where e.id is null or (announced.id is null and e.recorded_at >= {CUT})
               or (announced.id is not null and (e.points, e.available, e.held, e.debt)
                   is distinct from (announced.points, announced.available, announced.held, announced.debt))
            union all
            select id, null, null, 'announced twice' from announced group by id having count(*) > 1
        """,
    ),
)
