"""Reviews, simulations and back-tests: everybody once, and a watch only where somebody is below the tier."""

from deploy.verify.invariant import Within

INVARIANTS = (
    Within(
        "reviews_counted",
        "every finished review and simulation lists as many movers as it counted",
        ("tiering",),
        checked="select count(*) from evaluation_run where result is not null",
        offending="""
            select r.run_id, counted.key as outcome, counted.value::int as counted, coalesce(m.listed, 0) as listed
            from evaluation_run r cross join lateral jsonb_each_text(r.outcomes) as counted
            left join (
                select run_id, outcome, count(*) as listed from evaluation_mover group by run_id, outcome
            ) m on m.run_id = r.run_id and m.outcome = counted.key
            where r.result is not null and counted.key in ('placed', 'up', 'down', 'grace')
              and counted.value::int <> coalesce(m.listed, 0)
        """,
    ),
    Within(
        "reviews_applied",
        "what a review applied is in the history, as its run's rows or as a correction of its date",
        ("tiering",),
        checked="select count(*) from evaluation_mover where applied and outcome <> 'grace'",
        offending="""
            select m.run_id, m.customer_id, m.outcome from evaluation_mover m join evaluation_run r using (run_id)
            where m.applied and m.outcome <> 'grace' and not exists (
                select from tier_history h where h.customer_id = m.customer_id
                and (h.run_id = m.run_id or (h.kind = 'correction' and lower(h.effective) = r.as_of)))
        """,
    ),
    Within(
        "simulations_counted",
        "the matrix of every finished simulation counts each of its customers once",
        ("tiering",),
        checked="select count(*) from job where kind = 'simulation' and status = 'done'",
        offending="""
            select j.id as run_id, j.done, coalesce(c.customers, 0) as in_matrix from job j
            left join (
                select run_id, sum(customers) as customers from evaluation_cell group by run_id
            ) c on c.run_id = j.id
            where j.kind = 'simulation' and j.status = 'done' and j.done <> coalesce(c.customers, 0)
        """,
    ),
    Within(
        "back_tests_counted",
        "every month of a finished back-test counts each of its customers once",
        ("tiering",),
        checked="select count(*) from job where kind = 'policy_back_test' and status = 'done'",
        offending="""
            select c.back_test_id, c.month, j.done, c.customers as counted from job j
            join (
                select back_test_id, month, sum(customers) as customers from back_test_cell group by 1, 2
            ) c on c.back_test_id = j.id
            where j.kind = 'policy_back_test' and j.status = 'done' and j.done <> c.customers
        """,
    ),
    Within(
        "watches",
        "a watch is on for exactly those who are below their tier, since then",
        ("tiering",),
        checked="select count(*) from standing where below_since is not null",
        offending="""
            select s.customer_id, s.below_since, w.below_since as watched_since from standing s
            left join tier_watch w on w.customer_id = s.customer_id and w.known_until is null and w.ended_at is null
            where (s.below_since, s.grace_until) is distinct from (w.below_since, w.grace_until)
        """,
    ),
)
