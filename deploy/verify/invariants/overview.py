"""The overview: each row is what the owners say, whatever order the facts came in."""

from deploy.verify.invariant import Between, Rows, Within

INVARIANTS = (
    Between(
        "overview_orders",
        "the overview counts and sums every customer's orders as intake has them",
        Rows(
            "gateway",
            "select customer_id as key, count(*)::int as orders, sum(amount) as revenue from customer_order group by 1",
        ),
        Rows(
            "profile",
            """select customer_id as key, orders_count as orders, revenue_total as revenue from overview
               where orders_count > 0""",
        ),
    ),
    Between(
        "overview_returns",
        "the overview counts and sums what was taken back as intake has it",
        Rows(
            "gateway",
            """select customer_id as key, count(*) filter (where kind = 'return')::int as returns,
                      count(*) filter (where kind = 'cancellation')::int as cancellations, sum(amount) as amount
               from reversal group by 1""",
        ),
        Rows(
            "profile",
            """select customer_id as key, returns_count as returns, cancelled_count as cancellations,
                      revenue_returned + revenue_cancelled as amount
               from overview where returns_count > 0 or cancelled_count > 0""",
        ),
    ),
    Between(
        "overview_points",
        "the overview's points are the ledger's balances",
        Rows(
            "loyalty",
            """select customer_id as key, available, held, debt from wallet
               where (available, held, debt) <> (0, 0, 0)""",
        ),
        Rows(
            "profile",
            """select customer_id as key, points_balance as available, points_held as held, points_debt as debt
               from overview where (points_balance, points_held, points_debt) <> (0, 0, 0)""",
        ),
    ),
    Between(
        "overview_cases",
        "the overview's open cases are complaint's",
        Rows(
            "complaint",
            """select customer_id as key, count(*)::int as open from complaint_case
               where customer_id is not null and status <> 'closed' group by 1""",
        ),
        Rows("profile", "select customer_id as key, open_cases as open from overview where open_cases <> 0"),
    ),
    Between(
        "overview_owed",
        "the overview's outstanding amount is what intake says is owed",
        Rows(
            "gateway",
            """select r.customer_id as key, sum(r.amount - coalesce(p.paid, 0)) as owed from receivable r
               left join (select receivable_id, sum(amount) as paid from payment group by 1) as p
                   on p.receivable_id = r.id
               group by 1 having sum(r.amount - coalesce(p.paid, 0)) <> 0""",
        ),
        Rows(
            "profile",
            "select customer_id as key, outstanding_amount as owed from overview where outstanding_amount <> 0",
        ),
    ),
    Within(
        "overview_managers",
        "the overview's account manager is the team's",
        ("profile",),
        checked="select count(*) from overview",
        offending="""
            select customer_id, o.account_manager as overview, t.employee_id as team
            from overview o
            full join (select customer_id, employee_id from team_assignment
                       where role = 'account_manager' and released_at is null) as t using (customer_id)
            where o.account_manager is distinct from t.employee_id
        """,
    ),
)
