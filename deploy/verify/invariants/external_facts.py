"""Facts of other services that indicators count: contacts, cases, traits and groups are their owners', each once."""

from deploy.verify.included import the_same
from deploy.verify.invariant import CUT, ERASED, Between, Rows

INVARIANTS = (
    Between(
        "contacts_in_indicators",
        "every entry of the contact log is exactly once in the indicators, and so is what was done of it",
        Rows(
            "profile",
            """select id as key, customer_id, employee_id, channel, contacted_at, next_step_on, next_step_owner,
                      completed_at
               from contact_log""",
            of_events="select payload::jsonb ->> 'entry_id' as key from outbox where event_id = any($1)",
            of_streams=f"select id as key from contact_log where customer_id::text = any($1) and recorded_at < {CUT}",
        ),
        Rows(
            "tiering",
            """select entry_id as key, customer_id, employee_id, channel, contacted_at, next_step_on, next_step_owner,
                      completed_at
               from contact_fact""",
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
    the_same(
        "missed_deadlines_agree",
        "the deadlines that count against who looks after a customer are those that complaint saw pass",
        (
            Rows(
                "complaint",
                """select case_id || ' ' || stage || ' ' || due_at as key, breached_at from deadline
                   where breached_at is not null""",
            ),
            Rows("tiering", "select case_id || ' ' || stage || ' ' || due_at as key, breached_at from missed_deadline"),
        ),
    ),
    Between(
        "traits_in_indicators",
        "the traits that indicators grade by are those of the file",
        Rows(
            "profile",
            f"""select id as key, kind, facts ->> 'region' as region, facts ->> 'industry' as industry,
                      (facts ->> 'employees')::bigint as employees, facts ->> 'legal_nature' as legal_nature,
                      facts ->> 'acquisition_source' as acquisition_source, (facts ->> 'listed')::boolean as listed,
                      (facts ->> 'registered_capital')::numeric as registered_capital,
                      (facts ->> 'annual_sales')::numeric as annual_sales,
                      extract(year from (facts ->> 'founded_on')::date)::int as founded_year,
                      facts ->> 'income_band' as income_band, facts ->> 'household_size' as household_size,
                      completeness::int as completeness
               from customer where kind <> 'unknown' and id not in {ERASED}""",
        ),
        Rows(
            "tiering",
            f"""select key, kind, region, industry, employees, legal_nature, acquisition_source, listed,
                      registered_capital, annual_sales, founded_year, income_band, household_size, completeness from (
                   select distinct on (customer_id) customer_id as key, * from customer_traits
                   order by customer_id, seq desc
               ) t where kind <> 'unknown' and key not in {ERASED}""",
        ),
    ),
    Between(
        "regions_in_complaint",
        "the region by whose hours a customer's cases are worked is that of its file",
        Rows(
            "profile",
            f"""select id as key, facts ->> 'region' as region from customer
               where facts ->> 'region' is not null and id not in {ERASED}""",
        ),
        Rows(
            "complaint",
            f"select customer_id as key, region from customer where region is not null and customer_id not in {ERASED}",
        ),
    ),
    Between(
        "groups_in_indicators",
        "every customer's places in groups are those of its file, each from its beginning to its end",
        Rows(
            "profile",  # where one place ends and no other begins, the customer is below nobody
            """select customer_id || ' ' || since as key, customer_id, parent_id from group_membership
               union all
               select g.customer_id || ' ' || g.until, g.customer_id, null from group_membership g
               where g.until is not null and not exists (
                   select from group_membership n where n.customer_id = g.customer_id and n.since = g.until)""",
        ),
        Rows("tiering", "select customer_id || ' ' || since as key, customer_id, parent_id from group_parent"),
    ),
)
