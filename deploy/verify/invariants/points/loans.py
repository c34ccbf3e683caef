"""What wallets of one customer borrowed of each other (P12): the books of both sides agree."""

from deploy.verify.invariant import Within

INVARIANTS = (
    Within(
        "loans_agree",
        "of every loan between wallets both sides say what is outstanding, and lots gave and hold no more than it says",
        ("loyalty",),
        checked="select count(*) from borrowing",
        offending="""
            with loans as (
                select loan_id, lender_id, borrower_id, sum(points) as points, sum(points - returned) as outstanding
                from borrowing group by loan_id, lender_id, borrower_id
            ), sides as (
                select e.fact_id as loan_id, e.customer_id, sum(p.points) as posted,
                       sum(p.points) filter (where e.kind = 'borrow') as borrowed,
                       count(*) filter (where e.kind = 'borrow') as loans
                from entry e join posting p on p.entry_id = e.id and p.account = 'lent' group by 1, 2
            ), booked as (
                select loan_id, lender_id as customer_id, points, outstanding from loans
                union all select loan_id, borrower_id, -points, -outstanding from loans
            )
            select loan_id, customer_id, b.points, b.outstanding, s.borrowed, s.posted, 'not what was posted' as fault
            from booked b full join sides s using (loan_id, customer_id)
            where b.outstanding is distinct from s.posted or b.points is distinct from s.borrowed or s.loans <> 1
            union all
            select loan_id, null, count(*), null, null, null, 'not one lender and one borrower' from loans
            group by loan_id having count(*) > 1
            union all
            select b.loan_id, l.customer_id, b.points, null, l.points, null, 'not of a lot of the lender and borrower'
            from borrowing b left join lot g on g.id = b.lender_lot left join lot l on l.id = b.borrower_lot
            where g.customer_id is distinct from b.lender_id or l.customer_id is distinct from b.borrower_id
               or l.points is distinct from b.points
            union all
            select b.loan_id, null, b.points, null, null, null, 'they were never one' from borrowing b
            where not exists (
                with recursive one (customer_id) as (
                    select b.borrower_id
                    union
                    select case when m.root_id = o.customer_id then m.absorbed_id else m.root_id end
                    from one o join customer_merge m on o.customer_id in (m.root_id, m.absorbed_id)
                ) select from one where one.customer_id = b.lender_id)
        """,
    ),
)
