"""Why points moved: every entry has a cause that stands elsewhere, and every cause has its entry, once."""

from deploy.verify.invariant import Within

CAUSES = """
with moved as (
    select e.*, o.reversed_by from entry e left join order_points o
        on o.order_id = e.order_id and o.customer_id = e.customer_id
), transferred as (
    select e.fact_id, count(*) as entries, count(distinct e.customer_id) as customers, sum(p.points) as points
    from entry e join posting p on p.entry_id = e.id and p.account = 'transferred'
    where e.kind = 'transfer' group by e.fact_id
)
select id as entry_id, customer_id, kind, 'no order of this customer' as fault from moved
where kind in ('earn', 'reverse') and reversed_by is null
union all
select (array_agg(id))[1], (array_agg(customer_id))[1], 'earn', 'an order earned ' || count(*) || ' times' from moved
where kind = 'earn' and fact_id is null group by order_id having count(*) > 1
union all
select id, customer_id, kind, 'nobody did it' from moved
where kind in ('redeem', 'hold', 'capture', 'reverse_redemption', 'transfer', 'adjust') and actor is null
union all
select id, customer_id, kind, 'no loan of this customer' from moved m
where kind in ('borrow', 'give_back', 'repay') and not exists (
    select from borrowing b where b.loan_id = m.fact_id and m.customer_id in (b.lender_id, b.borrower_id))
union all
select id, customer_id, kind, 'no case or no resolution' from moved
where kind = 'grant' and (case_id is null or fact_id is null)
union all
select id, customer_id, kind, 'no lot of this customer ended then' from moved m
where kind = 'expire' and not exists (
    select from lot l left join lot_extension x on x.lot_id = l.id
    where l.customer_id = m.customer_id and l.order_id is not distinct from m.order_id
      and m.occurred_at in (l.expires_at, x.expired_at))
union all
select id, customer_id, kind, 'no redemption of this customer that it reverses' from moved m
where kind = 'reverse_redemption' and not exists (
    select from entry e where e.id = m.reverses and e.customer_id = m.customer_id and e.kind in ('redeem', 'capture'))
union all
select coalesce(m.id, a.entry_id), coalesce(m.customer_id, a.customer_id), 'adjust', case
           when a.id is null then 'no adjustment' when m.id is null then 'posted without an entry'
           when a.state <> 'posted' then 'it is ' || a.state else 'not what was decided' end
from (select * from moved where kind = 'adjust') m
full join (select * from adjustment where kind = 'adjustment') a on a.id = m.fact_id
where (m.id is not null or a.state = 'posted')
  and (a.id is null or m.id is null or a.state <> 'posted' or a.entry_id <> m.id or a.customer_id <> m.customer_id
       or a.points <> m.points or a.decided_by <> m.actor)
union all
select entry_id, customer_id, 'adjust', 'decided later by who had asked for it' from adjustment
where state = 'posted' and decided_by = requested_by and decided_at > requested_at
union all
select null, null, 'transfer', 'transfer ' || coalesce(fact_id::text, '') || ' has not one who gave and one who got'
from transferred where fact_id is null or entries <> 2 or customers <> 2 or points <> 0
"""

INVARIANTS = (
    Within(
        "entry_causes",
        "every entry has its cause (an order, a case, a hold, a decision, a person, a lot's end), and every cause one",
        ("loyalty",),
        checked="select count(*) from entry",
        offending=CAUSES,
    ),
)
