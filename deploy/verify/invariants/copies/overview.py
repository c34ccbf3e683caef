"""The overview: each row is what the owners say, whatever order the facts came in. Every column is recomputed."""

from deploy.verify.included import Included
from deploy.verify.invariant import Between, Rows, Within

COLUMNS = {
    **dict.fromkeys(("tier", "tier_rank", "tier_since", "tier_kind"), "tiers_in_overview"),
    **dict.fromkeys(
        ("orders_count", "revenue_total", "first_order_at", "last_order_at", "last_order_id"), "overview_orders"
    ),
    **dict.fromkeys(
        ("returns_count", "cancelled_count", "revenue_returned", "revenue_cancelled", "last_return_at"),
        "overview_returns",
    ),
    "last_delivery_at": "overview_deliveries",
    **dict.fromkeys(("points_balance", "points_held", "points_debt"), "overview_points"),
    **dict.fromkeys(("open_cases", "overdue_cases", "last_case_at", "last_satisfaction"), "overview_counted"),
    **dict.fromkeys(("outstanding_amount", "oldest_due_on"), "overview_owed"),
    "account_manager": "overview_managers",
    "open_warnings": "warnings_in_overview",
    "account_classes": "account_classes_in_overview",
    "risk_flags": "risk_flags_in_overview",
    **dict.fromkeys(("life_stage", "life_stage_since", "relationship"), "stages_in_overview"),
    **dict.fromkeys(("satisfaction_index", "satisfaction_at"), "satisfaction_in_overview"),
    **dict.fromkeys(("settlement_withdrawn_points", "settlement_withdrawn_at"), "withdrawals_in_overview"),
    "updated_at": "overview_counted",  # only that it has been: nothing follows from it
}
"""Which invariant recomputes which column. (A test compares this with the table, and alters each of them.)"""

# What is owed on each receivable, and until when.
OWED = """
    select r.id, r.customer_id, r.amount - coalesce(p.paid, 0) as outstanding, r.due_on
    from receivable r left join (select receivable_id, sum(amount) as paid from payment group by 1) as p
        on p.receivable_id = r.id
"""
# Of a case: it is open, and a deadline of its round has passed without what it was for. In complaint's words, and in
# those of the copy, whose instants are the latest ones of their kind.
OPEN_IN_COPY = "(opened_at is not null and (closed_at is null or opened_at > closed_at))"
ROUND = "coalesce(reopened_at, '-infinity')"
LATE = " or ".join(
    f"({breached} > {ROUND} and coalesce({done}, '-infinity') <= {ROUND})"
    for breached, done in (
        ("acknowledgement_breached_at", "acknowledged_at"),
        ("proposal_breached_at", "proposed_at"),
        ("solution_breached_at", "resolved_at"),
        ("other_breached_at", "resolved_at"),
    )
)
OVERDUE_IN_COPY = f"({OPEN_IN_COPY} and coalesce({LATE}, false))"

INVARIANTS = (
    Between(
        "overview_orders",
        "the overview counts and sums every customer's orders as intake has them, from the first to the last",
        Rows(
            "gateway",
            """select customer_id as key, count(*)::int as orders, sum(amount) as revenue, min(placed_at) as first_at,
                      max(placed_at) as last_at, (array_agg(id order by placed_at desc, id desc))[1] as last_id
               from customer_order group by 1""",
        ),
        Rows(
            "profile",
            """select customer_id as key, orders_count as orders, revenue_total as revenue, first_order_at as first_at,
                      last_order_at as last_at, last_order_id as last_id
               from overview
               where (orders_count, revenue_total) <> (0, 0)
                  or num_nonnulls(first_order_at, last_order_at, last_order_id) > 0""",
        ),
    ),
    Between(
        "overview_returns",
        "the overview counts and sums what was taken back as intake has it",
        Rows(
            "gateway",
            """select customer_id as key, count(*) filter (where kind = 'return')::int as returns,
                      count(*) filter (where kind = 'cancellation')::int as cancellations,
                      coalesce(sum(amount) filter (where kind = 'return'), 0) as returned,
                      coalesce(sum(amount) filter (where kind = 'cancellation'), 0) as cancelled,
                      max(at) filter (where kind = 'return') as last_at
               from reversal group by 1""",
        ),
        Rows(
            "profile",
            """select customer_id as key, returns_count as returns, cancelled_count as cancellations,
                      revenue_returned as returned, revenue_cancelled as cancelled, last_return_at as last_at
               from overview
               where (returns_count, cancelled_count, revenue_returned, revenue_cancelled) <> (0, 0, 0, 0)
                  or last_return_at is not null""",
        ),
    ),
    Between(
        "overview_deliveries",
        "the overview shows the last delivery that intake has",
        Rows("gateway", "select customer_id as key, max(delivered_at) as last_at from delivery group by 1"),
        Rows(
            "profile",
            """select customer_id as key, last_delivery_at as last_at from overview
               where last_delivery_at is not null""",
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
        "the overview's open cases are complaint's, and so is the last one",
        Rows(
            "complaint",
            """select customer_id as key, count(*) filter (where status <> 'closed')::int as open,
                      max(filed_at) as last_at
               from complaint_case where customer_id is not null group by 1""",
        ),
        Rows(
            "profile",
            """select customer_id as key, open_cases as open, last_case_at as last_at from overview
               where open_cases <> 0 or last_case_at is not null""",
        ),
    ),
    Between(
        "cases_in_profile",
        "of every case profile knows whose it is, since when, and whether it is open and overdue",
        Rows(
            "complaint",
            """select id as key, customer_id, filed_at, status <> 'closed' as open,
                      status <> 'closed' and exists (
                          select from deadline d where d.case_id = c.id and d.round = c.round
                          and d.breached_at is not null and d.done_late_at is null) as overdue
               from complaint_case c""",
        ),
        Rows(
            "profile",
            f"""select case_id as key, customer_id, filed_at, {OPEN_IN_COPY} as open, {OVERDUE_IN_COPY} as overdue
                from case_copy""",
        ),
    ),
    Included(
        "satisfaction_in_profile",
        "what the customer said when its case was closed is what profile knows",
        Rows(
            "complaint",
            """select id as key, customer_id, satisfaction from complaint_case
               where status = 'closed' and satisfaction is not null""",
        ),
        Rows("profile", "select case_id as key, customer_id, satisfaction::int as satisfaction from case_copy"),
    ),
    Within(
        "overview_counted",
        "the overview counts the cases and sums the receivables that profile has copies of",
        ("profile",),
        checked="select count(*) from overview",
        offending=f"""
            with cases as (
                select customer_id, count(*) filter (where {OPEN_IN_COPY}) as open,
                       count(*) filter (where {OVERDUE_IN_COPY}) as overdue, max(filed_at) as last_at,
                       (array_agg(satisfaction order by satisfied_at desc, case_id)
                           filter (where satisfaction is not null))[1] as satisfaction
                from case_copy where customer_id is not null group by 1
            ), owed as (
                select customer_id, sum(outstanding) as outstanding, min(due_on) as due_on
                from receivable_copy where outstanding > 0 group by 1
            )
            select customer_id, o.open_cases, c.open, o.overdue_cases, c.overdue, o.last_case_at, c.last_at,
                   o.outstanding_amount, r.outstanding, o.oldest_due_on, r.due_on, o.updated_at
            from overview o full join cases c using (customer_id) full join owed r using (customer_id)
            where (coalesce(o.open_cases, 0), coalesce(o.overdue_cases, 0), coalesce(o.outstanding_amount, 0))
                  <> (coalesce(c.open, 0), coalesce(c.overdue, 0), coalesce(r.outstanding, 0))
               or o.last_case_at is distinct from c.last_at or o.last_satisfaction is distinct from c.satisfaction
               or o.oldest_due_on is distinct from r.due_on or o.updated_at > now() + interval '1 hour'
        """,
    ),
    Between(
        "receivables_in_profile",
        "what is owed on each receivable, and until when, is what profile has of it",
        Rows("gateway", f"select id as key, customer_id, outstanding, due_on from ({OWED}) as owed"),
        Rows("profile", "select receivable_id as key, customer_id, outstanding, due_on from receivable_copy"),
    ),
    Between(
        "overview_owed",
        "the overview's outstanding amount, and the day since when it is, are what intake says is owed",
        Rows(
            "gateway",
            f"""select customer_id as key, sum(outstanding) as owed, min(due_on) as due_on
                from ({OWED}) as owed where outstanding > 0 group by 1""",
        ),
        Rows(
            "profile",
            """select customer_id as key, outstanding_amount as owed, oldest_due_on as due_on from overview
               where outstanding_amount <> 0 or oldest_due_on is not null""",
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
