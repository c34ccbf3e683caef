"""Assessment and satisfaction: one assessment stands for each month and subject; an answer is what its parts say."""

from deploy.verify.invariant import CUT, Within

INVARIANTS = (
    Within(
        "assessments_stand_once",
        "one assessment stands for each month and subject, and each was made of customers, for a month that was over",
        ("tiering",),
        checked="select count(*) from assessment",
        offending="""
            select month, of, subject, count(*) as standing from assessment where superseded_at is null
            group by month, of, subject having count(*) > 1
            union all
            select month, of, subject, 0 from assessment
            where customers < 1 or made_at <= as_of or superseded_at < made_at
        """,
    ),
    Within(
        "answers_announced",
        "every answer about satisfaction was announced exactly once, and is experience less expectation",
        ("tiering",),
        checked="select count(*) from satisfaction_answer",
        offending=f"""
            with announced as (
                select (p ->> 'answer_id')::uuid as id, (p ->> 'customer_id')::uuid as customer_id, count(*) as times
                from (select payload::jsonb as p from outbox where type = 'tiering.satisfaction_measured.v1') as e
                group by 1, 2
            )
            select coalesce(a.answer_id, t.id) as answer_id, a.customer_id, t.times
            from satisfaction_answer a full join announced t on t.id = a.answer_id and t.customer_id = a.customer_id
            where a.answer_id is null or (t.id is null and a.recorded_at >= {CUT}) or t.times > 1
               or a.satisfaction <> a.experience - a.expectation
        """,
    ),
    Within(
        "teams_hold",
        "every assignment of a team ends after it began, and no customer has two account managers at once",
        ("tiering",),
        checked="select count(*) from account_team",
        offending="""
            select assignment_id, customer_id from account_team where released_at < assigned_at
            union all
            select a.assignment_id, a.customer_id from account_team a join account_team b
              on b.customer_id = a.customer_id and b.role = a.role and b.assignment_id > a.assignment_id
            where a.role = 'account_manager'
              and a.assigned_at < coalesce(b.released_at, 'infinity')
              and b.assigned_at < coalesce(a.released_at, 'infinity')
        """,
    ),
)
