"""Facts of other services that indicators count: contacts, cases, traits and groups are their owners', each once."""

from deploy.verify.invariant import CUT, Between, Rows

INVARIANTS = (
    Between(
        "contacts_in_indicators",
        "every entry of the contact log is exactly once in the indicators, and so is what was done of it",
        Rows(
            "profile",
            "select id as key, customer_id, channel, contacted_at, next_step_on, completed_at from contact_log",
            of_events="select payload::jsonb ->> 'entry_id' as key from outbox where event_id = any($1)",
            of_streams=f"select id as key from contact_log where customer_id::text = any($1) and recorded_at < {CUT}",
        ),
        Rows(
            "tiering",
            "select entry_id as key, customer_id, channel, contacted_at, next_step_on, completed_at from contact_fact",
        ),
    ),
    Between(
        "cases_in_indicators",
        "every case is exactly once in the indicators, with its customer, kind and filing",
        Rows(
            "complaint",
            "select id as key, customer_id, kind, filed_at from complaint_case",
            of_events="select payload::jsonb ->> 'case_id' as key from outbox where event_id = any($1)",
            of_streams=f"""select id as key from complaint_case
                           where (customer_id::text = any($1) or id::text = any($1)) and recorded_at < {CUT}""",
        ),
        Rows("tiering", "select case_id as key, customer_id, kind, filed_at from case_fact"),
    ),
    Between(
        "case_ends_in_indicators",
        "every closing and reopening of a case is exactly once in the indicators",
        Rows(
            "complaint",
            """select case_id as key, count(*) filter (where name = 'follow-up')::int as closed,
                      count(*) filter (where name = 'reopening')::int as reopened, max(at) as last_at
               from case_step where name = 'reopening' or (name = 'follow-up' and status_after = 'closed')
               group by case_id""",
            of_events="select payload::jsonb ->> 'case_id' as key from outbox where event_id = any($1)",
            of_streams=f"""select s.case_id as key from case_step s join complaint_case c on c.id = s.case_id
                           where (c.customer_id::text = any($1) or c.id::text = any($1)) and s.recorded_at < {CUT}""",
        ),
        Rows(
            "tiering",
            """select case_id as key, count(*) filter (where what = 'closed')::int as closed,
                      count(*) filter (where what = 'reopened')::int as reopened, max(changed_at) as last_at
               from case_change group by case_id""",
        ),
    ),
    Between(
        "traits_in_indicators",
        "the traits that indicators grade by are those of the file",
        Rows(
            "profile",
            """select id as key, kind, facts ->> 'region' as region, facts ->> 'industry' as industry,
                      (facts ->> 'employees')::bigint as employees, completeness::int as completeness
               from customer where kind <> 'unknown'""",
        ),
        Rows(
            "tiering",
            """select key, kind, region, industry, employees, completeness from (
                   select distinct on (customer_id) customer_id as key, kind, region, industry, employees, completeness
                   from customer_traits order by customer_id, seq desc
               ) t where kind <> 'unknown'""",
        ),
    ),
    Between(
        "groups_in_indicators",
        "every customer's places in groups are those of its file, and it is below the same parent",
        Rows(
            "profile",
            """select customer_id as key, count(*)::int as places, max(since) as since,
                      (array_agg(parent_id order by since desc))[1] as parent_id,
                      (array_agg(until order by since desc))[1] as until
               from group_membership group by customer_id""",
        ),
        Rows(
            "tiering",
            """select customer_id as key, count(parent_id)::int as places,
                      max(since) filter (where parent_id is not null) as since,
                      (array_agg(parent_id order by since desc) filter (where parent_id is not null))[1] as parent_id,
                      case when (array_agg(parent_id order by since desc))[1] is null then max(since) end as until
               from group_parent group by customer_id""",
        ),
    ),
)
