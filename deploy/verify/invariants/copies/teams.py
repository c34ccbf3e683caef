"""Who looks after whom and where people work: announced, and the same where the past of it is asked for (P5)."""

from deploy.verify.included import Every, Included, the_same
from deploy.verify.invariant import CUT, Between, Rows, Within

EMPLOYEES_ANNOUNCED = "every change of where an employee works and when they are away is kept where it was announced to"
CHANGES = """(select recorded_at, payload::jsonb as p from outbox where type = 'profile.employee_changed.v1')"""

KEEP_PEOPLE = ("tiering", "complaint", "loyalty", "gateway")
OF_TEAMS = "select assignment_id as key, customer_id, employee_id, role, assigned_at, released_at from"
OF_UNITS = "select unit as key, parent, is_closed from"
OF_EMPLOYEES = """select employee_id as key, unit, absent_from, absent_until, deputy_id, left_at from employee_copy
    where num_nonnulls(unit, absent_from, left_at) > 0"""
TEAMS = Rows("profile", f"{OF_TEAMS} account_team")  # views of profile's own tables
UNITS = Rows("profile", f"{OF_UNITS} unit_copy")
DIRECTORY = Rows("profile", OF_EMPLOYEES)

INVARIANTS = (
    Within(
        "team_announced",
        "every assignment to a team was announced, and its end, with what they say",
        ("profile",),
        checked="select count(*) from team_assignment",
        offending=f"""
            with announced as (
                select (p ->> 'assignment_id')::uuid as id, (p ->> 'customer_id')::uuid as customer_id,
                       p ->> 'employee_id' as employee_id, p ->> 'role' as role,
                       max((p ->> 'assigned_at')::timestamptz) as assigned_at,
                       max((p ->> 'released_at')::timestamptz) as released_at
                from (select payload::jsonb as p from outbox
                      where type in ('profile.team_member_assigned.v1', 'profile.team_member_released.v1')) as events
                group by 1, 2, 3, 4
            )
            select id, t.customer_id, t.employee_id, t.assigned_at, t.released_at
            from team_assignment t full join announced a using (id)
            where t.id is null or (a.assigned_at is null and t.assigned_at >= {CUT})
               or (a.released_at is null and t.released_at >= {CUT})
               or (a.released_at is not null and t.released_at is null)
               or (a.id is not null and (t.customer_id, t.employee_id, t.role)
                   <> (a.customer_id, a.employee_id, a.role))
               or a.assigned_at <> t.assigned_at or a.released_at <> t.released_at
        """,
    ),
    Within(
        "consents_announced",
        "every statement about consent was announced, with what it says, and no other",
        ("profile",),
        checked="select count(*) from consent",
        offending=f"""
            with announced as (
                select customer as customer_id, p ->> 'purpose' as purpose,
                       p ->> 'channel' as channel, coalesce((p ->> 'contact_id')::uuid, customer) as contact_id,
                       (p ->> 'granted')::boolean as granted,
                       (p ->> 'changed_at')::timestamptz as changed_at, count(*) as times
                from (select payload::jsonb as p, key::uuid as customer from outbox
                      where type = 'profile.consent_changed.v1') as events
                group by 1, 2, 3, 4, 5, 6
            ), recorded as (
                select customer_id, purpose, channel, coalesce(contact_id, customer_id) as contact_id, granted,
                       changed_at, count(*) as times, max(recorded_at) as newest
                from consent group by 1, 2, 3, 4, 5, 6
            )
            select customer_id, purpose, channel, contact_id, granted, changed_at, r.times as recorded,
                   a.times as announced
            from recorded r full join announced a using (
                customer_id, purpose, channel, contact_id, granted, changed_at)
            where r.times is null or (r.times is distinct from a.times and r.newest >= {CUT})
        """,
    ),
    the_same(
        "teams_agree",
        "the account teams of all times are the same where responsibility is told from them",
        *((TEAMS, Rows(service, f"{OF_TEAMS} account_team")) for service in KEEP_PEOPLE),
    ),
    the_same(
        "directory_agrees",
        "units, and who belongs to which and stands in for whom, are in every service as in the directory",
        *((UNITS, Rows(service, f"{OF_UNITS} unit_copy")) for service in KEEP_PEOPLE),
        *((DIRECTORY, Rows(service, OF_EMPLOYEES)) for service in KEEP_PEOPLE),
    ),
    Every(
        "employees_announced",
        EMPLOYEES_ANNOUNCED,
        [
            Included(
                "employees_announced",
                EMPLOYEES_ANNOUNCED,
                Rows(
                    "profile",  # two for the same instant: whichever came last holds
                    f"""select p ->> 'employee_id' || ' ' || (p ->> 'changed_at')::timestamptz as key,
                               max(p ->> 'centre') as centre
                        from {CHANGES} as c group by 1 having count(*) = 1""",
                ),
                Rows("tiering", "select employee_id || ' ' || changed_at as key, centre from employee_centre"),
            ),
            Included(
                "employees_announced",
                EMPLOYEES_ANNOUNCED,
                Rows(
                    "profile",
                    f"""select p ->> 'employee_id' || ' ' || recorded_at as key,
                               (p ->> 'absent_from')::timestamptz as absent_from,
                               (p ->> 'absent_until')::timestamptz as absent_until, p ->> 'deputy_id' as deputy_id
                        from {CHANGES} as c""",
                ),
                Rows(
                    "tiering",
                    """select employee_id || ' ' || changed_at as key, absent_from, absent_until, deputy_id
                       from employee_absence""",
                ),
            ),
        ],
    ),
    Between(
        "employees_agree",
        "where an employee works, when they are away and who stands in is the same as in the directory",
        Rows(
            "profile",
            """select employee_id as key, centre, absent_from, absent_until, deputy_id from employee
               where num_nonnulls(centre, absent_from) > 0""",
        ),
        Rows(
            "tiering",
            """select key, centre, absent_from, absent_until, deputy_id from (
                   select distinct on (employee_id) employee_id as key, centre from employee_centre
                   order by employee_id, changed_at desc
               ) as c full join (
                   select distinct on (employee_id) employee_id as key, absent_from, absent_until, deputy_id
                   from employee_absence order by employee_id, changed_at desc
               ) as a using (key) where num_nonnulls(centre, absent_from) > 0""",
        ),
    ),
)
