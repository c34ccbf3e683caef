"""The operator's people: units form a tree, who left owes nothing, and both are announced as they are (P5)."""

from deploy.verify.invariant import Between, Rows, Within

DIGEST = "encode(sha256(convert_to(subject, 'UTF8')), 'hex')"

INVARIANTS = (
    Within(
        "people_hold",
        "units stand below one another without a circle; who left looks after nobody and stands in for nobody",
        ("profile",),
        checked="select (select count(*) from unit) + (select count(*) from employee)",
        offending="""
            with recursive up (code, above, depth) as (
                select code, parent, 1 from unit where parent is not null
                union all
                select up.code, u.parent, up.depth + 1 from up join unit u on u.code = up.above
                where u.parent is not null and up.above <> up.code and up.depth < 1000
            )
            select code as key, 'below itself' as what from up where above = code
            union
            select u.code, 'open below a closed one' from unit u join unit p on p.code = u.parent
            where u.closed_at is null and p.closed_at is not null
            union
            select e.employee_id, 'left with an account' from employee e join team_assignment t using (employee_id)
            where e.left_at is not null and t.released_at is null
            union
            select e.employee_id, 'left and stands in'
            from employee e join employee away on away.deputy_id = e.employee_id
            where e.left_at is not null and away.left_at is null and coalesce(away.absent_until > e.left_at, true)
        """,
    ),
    Within(
        "people_announced",
        "the last that was announced of each employee and each unit is what they are",
        ("profile",),
        checked="select (select count(*) from unit) + (select count(*) from employee)",
        offending=f"""
            with employees as (
                select distinct on (p ->> 'employee_id') p ->> 'employee_id' as key,
                       array[p ->> 'unit', p ->> 'subject_digest', p ->> 'capacity', p ->> 'deputy_id'] as said,
                       (p ->> 'joined_at')::timestamptz as joined_at, (p ->> 'left_at')::timestamptz as left_at,
                       (p ->> 'absent_from')::timestamptz as absent_from,
                       (p ->> 'absent_until')::timestamptz as absent_until,
                       coalesce(p -> 'skills', '[]') as skills, coalesce(p -> 'languages', '[]') as languages
                from (select position, payload::jsonb as p from outbox where type = 'profile.employee_changed.v1') as e
                order by p ->> 'employee_id', position desc
            ), units as (
                select distinct on (p ->> 'unit') p ->> 'unit' as key, p ->> 'parent' as parent,
                       coalesce((p ->> 'closed')::boolean, false) as closed
                from (select position, payload::jsonb as p from outbox where type = 'profile.unit_changed.v1') as u
                order by p ->> 'unit', position desc
            )
            select a.key, 'employee' as what from employees a left join employee e on e.employee_id = a.key
            where e.employee_id is null
               or a.said is distinct from array[e.unit, {DIGEST}, e.capacity::text, e.deputy_id]
               or (a.joined_at, a.left_at, a.absent_from, a.absent_until)
                  is distinct from (e.joined_at, e.left_at, e.absent_from, e.absent_until)
               or a.skills <> to_jsonb(e.skills) or a.languages <> to_jsonb(e.languages)
            union all
            select a.key, 'unit' from units a left join unit u on u.code = a.key
            where u.code is null or (a.parent, a.closed) is distinct from (u.parent, u.closed_at is not null)
        """,
    ),
    Between(
        "sign_ins_agree",
        "who signs in as which employee, of which unit, and whether they left is the same where people sign in",
        Rows("profile", f"select employee_id as key, {DIGEST} as subject_digest, unit, left_at from employee"),
        Rows(
            "gateway",
            """select e.employee_id as key, s.subject_digest, e.unit, e.left_at
               from employee_copy e full join employee_sign_in s using (employee_id)""",
        ),
    ),
)
