"""What must hold in loyalty's database at every moment; each query gives the rows that break it."""

from uuid import UUID

from shared.messaging import Database

INVARIANTS = {
    "the sum of all postings is zero": """
        select sum(points) from posting having sum(points) <> 0
    """,
    "each entry sums to zero": """
        select entry_id, sum(points) from posting group by entry_id having sum(points) <> 0
    """,
    "an entry moves what its postings say": """
        select e.id, e.points, p.points from entry e
        full join (select entry_id, coalesce(sum(points) filter (where account in ('available', 'debt')), 0) as points
                   from posting group by entry_id) p on p.entry_id = e.id
        where e.points is distinct from p.points
    """,
    "each balance is the sum of its postings": """
        select a.customer_id, a.available, a.held, a.debt, p.*
        from wallet a
        full join (select customer_id,
                          coalesce(sum(points) filter (where account = 'available'), 0) as available,
                          coalesce(sum(points) filter (where account = 'held'), 0) as held,
                          coalesce(-sum(points) filter (where account = 'debt'), 0) as debt
                   from posting group by customer_id) p using (customer_id)
        where coalesce(a.available, 0) <> coalesce(p.available, 0) or coalesce(a.held, 0) <> coalesce(p.held, 0)
           or coalesce(a.debt, 0) <> coalesce(p.debt, 0)
    """,
    "what is available is what is left in the lots": """
        select a.customer_id, a.available, l.remaining from wallet a
        full join (select customer_id, sum(remaining) as remaining from lot group by customer_id) l using (customer_id)
        where coalesce(a.available, 0) <> coalesce(l.remaining, 0)
    """,
    "what is held is in the open holds": """
        select a.customer_id, a.held, h.points from wallet a
        full join (select customer_id, sum(points) as points from hold where state = 'open' group by customer_id) h
            using (customer_id)
        where coalesce(a.held, 0) <> coalesce(h.points, 0)
    """,
    "no balance is below zero, and nobody owes who has": """
        select * from wallet where available < 0 or held < 0 or debt < 0 or (available > 0 and debt > 0)
    """,
    "the entries of a customer count on without gaps to the wallet's number": """
        select a.customer_id, a.entries, e.entries, e.last from wallet a
        full join (select customer_id, count(*) as entries, max(number) as last from entry group by customer_id) e
            using (customer_id)
        where coalesce(a.entries, 0) <> coalesce(e.entries, 0) or coalesce(a.entries, 0) <> coalesce(e.last, 0)
    """,
    "the last entry tells the balances": """
        select a.customer_id from wallet a join entry e on e.customer_id = a.customer_id and e.number = a.entries
        where (a.available, a.held, a.debt) <> (e.available, e.held, e.debt)
    """,
    "what an order posted is what its entries say": """
        select o.order_id, o.posted, e.points from order_points o
        left join (select order_id, -sum(p.points) as points from entry join posting p on p.entry_id = entry.id
                   where kind in ('earn', 'reverse') and account = 'issued' group by order_id) e using (order_id)
        where o.posted <> coalesce(e.points, 0) or o.posted < 0
    """,
    "what was lent and what was borrowed agree, and so do the loans that are outstanding": """
        select b.loan_id, b.outstanding, l.* from (
            select loan_id, lender_id, borrower_id, sum(points - returned) as outstanding from borrowing
            group by loan_id, lender_id, borrower_id) b
        full join (select e.fact_id as loan_id, e.customer_id, sum(p.points) as points from entry e
                   join posting p on p.entry_id = e.id and p.account = 'lent' group by 1, 2) l using (loan_id)
        where (l.points, true) is distinct from (
            case l.customer_id when b.lender_id then b.outstanding when b.borrower_id then -b.outstanding end, true)
    """,
    "no lot with points expires before the wallet expects it": """
        select a.customer_id from wallet a
        join (select customer_id, min(expires_at) as first from lot where remaining > 0 group by customer_id) l
            using (customer_id)
        where a.next_expiry is null or a.next_expiry > l.first
    """,
    "an order was recorded under a version of the programme that was put in force": """
        select o.order_id from order_points o
        where not exists (select from rule_set_version v where v.kind = 'programme' and v.version = o.programme
                          and v.activated_at is not null)
    """,
    "every grant was made once": """
        select fact_id from entry where kind = 'grant' group by fact_id having count(*) > 1
    """,
    "a settlement kept for nobody is granted to whom its case turned out to be of": """
        select k.resolution_id from unassigned_settlement k
        join case_owner c on c.case_id = k.case_id and c.customer_id is not null
        left join entry e on e.kind = 'grant' and e.fact_id = k.resolution_id
        where e.points is distinct from k.points
    """,
    "a settlement is in the wallet of whom its case was identified as last, and in no other": """
        select a.id, a.case_id, o.customer_id, g.* from adjustment a
        join case_owner o on o.case_id = a.case_id and o.customer_id is not null and o.step > coalesce(a.case_step, 0)
        left join lateral (
            select array_agg(e.customer_id) as holders from entry e
            where e.kind = 'grant' and (e.fact_id = a.id or e.id in (
                      select granted_by from settlement_move m where m.resolution_id = a.id))
              and not exists (select from entry w where w.kind = 'withdraw' and w.reverses = e.id)) g on true
        where a.kind = 'settlement' and a.state = 'posted' and g.holders is distinct from array[o.customer_id]
    """,
}


async def broken_invariants(database: Database) -> dict[str, list[tuple[object, ...]]]:
    broken = {}
    for name, query in INVARIANTS.items():
        rows = await database.run(lambda tx, query=query: tx.raw.fetch(query))  # type: ignore[misc]
        if rows:
            broken[name] = [tuple(row) for row in rows]
    return broken


async def balances_of(database: Database, customer: UUID) -> tuple[int, int, int]:
    row = await database.run(
        lambda tx: tx.raw.fetchrow("select available, held, debt from wallet where customer_id = $1", customer)
    )
    assert row is not None
    return row["available"], row["held"], row["debt"]
