"""Early warnings: one of a cause at a time, each with the history that led to where it is, announced and shown."""

from deploy.verify.invariant import CUT, Between, Rows, Within

INVARIANTS = (
    Within(
        "warnings_once",
        "a customer, class or product line has one lasting warning of a cause, and none is open without lasting",
        ("tiering",),
        checked="select count(*) from early_warning",
        offending="""
            select subject_kind, customer_id, dimension, subject_code, cause, count(*) as lasting
            from early_warning where lasting
            group by subject_kind, customer_id, dimension, subject_code, cause having count(*) > 1
            union all
            select subject_kind, customer_id, dimension, subject_code, cause, 0 from early_warning
            where not lasting and state <> 'closed'
        """,
    ),
    Within(
        "warnings_of_roots",
        "nobody is warned of a customer for whom another one stands",
        ("tiering",),
        checked="select count(*) from customer_merge where unmerged_at is null",
        offending="""
            select w.warning_id, w.customer_id from early_warning w
            where w.lasting and exists (
                select from customer_merge m where m.absorbed_id = w.customer_id and m.unmerged_at is null)
        """,
    ),
    Within(
        "warnings_raised_once",
        "every early warning has been raised once, and is closed by the last who closed it",
        ("tiering",),
        checked="select count(*) from warning_change",
        offending="""
            with changes as (
                select warning_id, count(*) filter (where kind = 'raised') as raised,
                       count(*) filter (where kind = 'closed') as closed,
                       max(at) filter (where kind = 'closed') as closed_at
                from warning_change group by warning_id
            )
            select w.warning_id, w.customer_id, w.state, changes.raised, changes.closed
            from early_warning w left join changes using (warning_id)
            where changes.raised is distinct from 1 or changes.closed is distinct from (w.state = 'closed')::int
               or changes.closed_at is distinct from w.closed_at
        """,
    ),
    Within(
        "warnings_announced",
        "every early warning was announced when it was raised and when it was closed, once each",
        ("tiering",),
        checked="select count(*) from early_warning",
        offending=f"""
            with announced as (
                select (payload::jsonb ->> 'warning_id')::uuid as warning_id,
                       count(*) filter (where type like '%_raised.v1') as raised,
                       count(*) filter (where type like '%_closed.v1') as closed
                from outbox
                where type in ('tiering.warning_raised.v1', 'tiering.warning_closed.v1',
                               'tiering.class_warning_raised.v1', 'tiering.class_warning_closed.v1') group by 1
            )
            select warning_id, w.state, announced.raised, announced.closed
            from early_warning w full join announced using (warning_id)
            where w.warning_id is null
               or coalesce(announced.raised, 0) not between (w.raised_at >= {CUT})::int and 1
               or coalesce(announced.closed, 0) not between (w.state = 'closed' and w.closed_at >= {CUT})::int
                                               and (w.state = 'closed')::int
        """,
    ),
    Within(
        "warning_figures",
        "an early warning is as grave as it was last announced, and its loss is its likelihood times the value",
        ("tiering",),
        checked="select count(*) from early_warning",
        offending="""
            with announced as (
                select distinct on (warning_id) warning_id, severity from (
                    select position, (payload::jsonb ->> 'warning_id')::uuid as warning_id,
                           payload::jsonb ->> 'severity' as severity
                    from outbox
                    where type in ('tiering.warning_raised.v1', 'tiering.warning_escalated.v1',
                                   'tiering.warning_eased.v1', 'tiering.class_warning_raised.v1',
                                   'tiering.class_warning_escalated.v1')) as events
                order by warning_id, position desc
            )
            select w.warning_id, w.customer_id, w.severity, a.severity as announced, w.likelihood, w.value_at_stake,
                   w.expected_loss
            from early_warning w left join announced a using (warning_id)
            where a.severity <> w.severity or abs(w.likelihood * w.value_at_stake - w.expected_loss) > 0.5  -- rounded
        """,
    ),
    Between(
        "warnings_in_overview",
        "the overview shows the early warnings that are not closed, and no others",
        Rows(
            "tiering",
            """select warning_id as key, customer_id, cause, severity, as_of as since from early_warning
               where state <> 'closed' and customer_id is not null""",
            of_streams=f"""select warning_id as key from early_warning
                           where customer_id::text = any($1) and raised_at < {CUT}""",
        ),
        Rows(
            "profile",
            """select w.key::uuid as key, o.customer_id, w.value ->> 'cause' as cause,
                      w.value ->> 'severity' as severity, (w.value ->> 'since')::timestamptz as since
               from overview o cross join jsonb_each(o.open_warnings) as w""",
        ),
    ),
)
