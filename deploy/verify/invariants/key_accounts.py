"""Key accounts, excluded customers, risk flags and lifetime values (T8, T13)."""

from deploy.verify.invariant import CUT, Within

INVARIANTS = (
    Within(
        "account_classes",
        "every customer is in one class at a time, each by a nomination that another person approved",
        ("tiering",),
        checked="select count(*) from account_class",
        offending="""
            with periods as (
                select class_id, customer_id, class, kinds, effective,
                       lead(lower(effective)) over (partition by customer_id order by lower(effective)) as next_from
                from account_class
            )
            select p.class_id, p.customer_id, p.effective, 'it overlaps the next one' as fault
            from periods p
            where p.next_from is not null and (upper_inf(p.effective) or upper(p.effective) > p.next_from)
            union all
            select p.class_id, p.customer_id, p.effective, 'no approved nomination of the same stands behind it'
            from periods p left join nomination n on n.nomination_id = p.class_id
            where (n.status, n.customer_id, n.class, n.kinds)
                  is distinct from ('approved', p.customer_id, p.class, p.kinds)
            union all
            select n.nomination_id, n.customer_id, null, 'who nominated decided, or it was approved and led to nothing'
            from nomination n
            where (n.status in ('approved', 'rejected') and n.decided_by = n.nominated_by)
               or (n.status = 'approved' and not exists (select from periods p where p.class_id = n.nomination_id))
        """,
    ),
    Within(
        "account_classes_announced",
        "every key account and every excluded customer was announced once, and its end, with their instants",
        ("tiering",),
        checked="select count(*) from account_class",
        offending=f"""
            with announced as (
                select (p ->> 'class_id')::uuid as class_id,
                       count(*) filter (where type ~ '(approved|excluded)[.]v1$') as begun,
                       count(*) filter (where type ~ 'ended[.]v1$') as ended,
                       max((p ->> 'since')::timestamptz) as since,
                       max((p ->> 'ended_at')::timestamptz) as until, min((p ->> 'customer_id')) as customer_id
                from (select type, payload::jsonb as p from outbox
                      where type like 'tiering.key_account%' or type like 'tiering.customer_exclu%') as events
                group by 1
            )
            select class_id, c.customer_id, t.begun, t.ended, c.effective
            from account_class c full join announced t using (class_id)
            where c.class_id is null or t.customer_id <> c.customer_id::text or t.since <> lower(c.effective)
               or t.until <> upper(c.effective)
               or coalesce(t.begun, 0) not between (c.recorded_at >= {CUT})::int and 1
               or coalesce(t.ended, 0) not between coalesce((c.ended_at >= {CUT})::int, 0)
                                           and (c.ended_at is not null)::int
        """,
    ),
    Within(
        "risk_flags",
        "every risk flag was announced when it went up and when it came down; rules flag key accounts only",
        ("tiering",),
        checked="select count(*) from risk_flag",
        offending=f"""
            with announced as (
                select (p ->> 'flag_id')::uuid as flag_id,
                       count(*) filter (where type = 'tiering.risk_flag_raised.v1') as raised,
                       count(*) filter (where type = 'tiering.risk_flag_cleared.v1') as cleared
                from (select type, payload::jsonb as p from outbox where type like 'tiering.risk_flag%') as events
                group by 1
            )
            select flag_id, f.customer_id, t.raised, t.cleared, 'announced otherwise' as fault
            from risk_flag f full join announced t using (flag_id)
            where f.flag_id is null
               or coalesce(t.raised, 0) not between (f.raised_at >= {CUT})::int and 1
               or coalesce(t.cleared, 0) not between coalesce((f.cleared_at >= {CUT})::int, 0)
                                             and (f.cleared_at is not null)::int
            union all
            select f.flag_id, f.customer_id, null, null, 'raised by a rule, and the customer is no key account'
            from risk_flag f
            where f.source = 'rule' and f.cleared_at is null and not exists (
                select from account_class c
                where c.customer_id = f.customer_id and c.class = 'key' and upper_inf(c.effective))
        """,
    ),
    Within(
        "lifetime_value_runs",
        "a finished run of lifetime values has a value for every customer it counted, and their sum",
        ("tiering",),
        checked="select count(*) from lifetime_value_run",
        offending="""
            select r.run_id, j.status, j.done, v.customers, r.revenue, v.revenue as sum_of_values
            from lifetime_value_run r join job j on j.id = r.run_id
            left join lateral (
                select count(*) as customers, coalesce(sum(revenue), 0) as revenue
                from lifetime_value v where v.run_id = r.run_id
            ) v on true
            where j.done <> v.customers or r.revenue <> v.revenue
        """,
    ),
)
