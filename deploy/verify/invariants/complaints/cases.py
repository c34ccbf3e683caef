"""Cases: every history is a legal path, every row of a case what its history says, and nothing written was changed."""

from deploy.verify.invariant import Within

# What may happen to a case, written here a second time on purpose: a check that asked the service for its rules would
# find nothing wrong with wrong rules. Steps beside the path leave the status as it is.
LEGAL = """
    values (null, 'filing', null, 'received'),
           ('received', 'acknowledgement', null, 'acknowledged'),
           ('acknowledged', 'judgement', 'valid', 'judged_valid'),
           ('acknowledged', 'judgement', 'invalid', 'judged_invalid'),
           ('judged_valid', 'proposal', null, 'proposed'),
           ('judged_valid', 'resolution', null, 'resolved'),
           ('refused', 'proposal', null, 'proposed'),
           ('proposed', 'acceptance', 'accepted', 'accepted'),
           ('proposed', 'acceptance', 'refused', 'refused'),
           ('accepted', 'resolution', null, 'resolved'),
           ('resolved', 'follow-up', 'open', 'resolved'),
           ('resolved', 'follow-up', 'closed', 'closed'),
           ('judged_invalid', 'follow-up', 'open', 'judged_invalid'),
           ('judged_invalid', 'follow-up', 'closed', 'closed'),
           ('closed', 'reopening', null, 'received')
"""
BESIDE = "('pause', 'resumption', 'severity', 'identification')"

INVARIANTS = (
    Within(
        "case_histories",
        "every case's history is a legal path without a gap, and ends where the case stands",
        ("complaint",),
        checked="select count(*) from case_step",
        offending=f"""
            with legal (before, name, outcome, after) as ({LEGAL}), steps as (
                select s.*, row_number() over w as nth, lag(status_after) over w as status_so_far,
                       lag(at) over w as at_before, lag(round) over w as round_before
                from case_step s window w as (partition by case_id order by number)
            ), faults as (
                select case_id, number, name, status_before, status_after from steps t
                where number <> nth or status_before is distinct from status_so_far or at < at_before
                   or round <> coalesce(round_before, 0) + (name in ('filing', 'reopening'))::int
                   or not (name in {BESIDE} and status_before = status_after
                           and (status_after <> 'closed' or name = 'identification')
                           or exists (select from legal l where l.before is not distinct from t.status_before
                                      and l.name = t.name and l.after = t.status_after
                                      and l.outcome is not distinct from t.outcome))
            )
            select * from faults
            union all
            select c.id, c.step_count, 'the case itself', last.status_after, c.status from complaint_case c
            left join (select distinct on (case_id) * from case_step order by case_id, number desc) as last
                on last.case_id = c.id
            where last.number is distinct from c.step_count or last.status_after is distinct from c.status
               or last.round is distinct from c.round
        """,
    ),
    Within(
        "case_customers",
        "every identification says whose the case was and whose it is, and the last one is whose it is now",
        ("complaint",),
        checked="select count(*) from case_step where name = 'identification'",
        offending="""
            with told as (
                select *, lag(to_customer) over w as known, lead(number) over w is null as last
                from case_step where name = 'identification' window w as (partition by case_id order by number)
            )
            select t.case_id, t.number, t.from_customer, t.to_customer, c.customer_id from told t
            join complaint_case c on c.id = t.case_id
            where t.to_customer is null or t.to_customer is not distinct from t.from_customer
               or (t.known is not null and t.known is distinct from t.from_customer)
               or (t.last and t.to_customer is distinct from c.customer_id)
            union all
            select case_id, number, from_customer, to_customer, null from case_step
            where name <> 'identification' and num_nonnulls(from_customer, to_customer) > 0
        """,
    ),
    Within(
        "case_rows",
        "every case's row is what its steps, proposals and deadlines say",
        ("complaint",),
        checked="select count(*) from complaint_case",
        offending="""
            with last as (
                select distinct on (case_id) case_id, at, name, outcome from case_step order by case_id, number desc
            ), filed as (
                select case_id, min(at) as at from case_step where name = 'filing' group by case_id
            ), graded as (
                select distinct on (case_id) case_id, outcome as severity from case_step where name = 'severity'
                order by case_id, number desc
            ), moved as (  -- what it waits for, by the last step that says so
                select distinct on (case_id) case_id, case name when 'pause' then 'customer'
                    when 'proposal' then 'answer' end as waiting from case_step
                where name in ('pause', 'proposal', 'resumption', 'acceptance', 'resolution', 'follow-up', 'reopening')
                order by case_id, number desc
            ), identified as (
                select distinct case_id from case_step where name = 'identification'
            ), offered as (
                select distinct on (case_id, round) case_id, round, id from proposal
                order by case_id, round, proposed_at desc, (answered_at is null) desc, id desc
            ), owed as (
                select case_id, round, min(due_at) as due_at from deadline
                where num_nonnulls(met_at, cancelled_at, done_late_at) = 0
                  and (breached_at is not null or running_since is not null) group by case_id, round
            )
            select c.id as case_id, c.status, c.severity, g.severity as graded, c.waiting, m.waiting as waits,
                   c.closed_at, c.last_step_at, l.at as last_at, c.next_due_at, o.due_at, c.proposal_id, p.id as offered
            from complaint_case c
            left join last l on l.case_id = c.id
            left join filed f on f.case_id = c.id
            left join graded g on g.case_id = c.id
            left join moved m on m.case_id = c.id
            left join identified i on i.case_id = c.id
            left join offered p on p.case_id = c.id and p.round = c.round
            left join owed o on o.case_id = c.id and o.round = c.round
            where c.filed_at is distinct from f.at or c.last_step_at is distinct from l.at
               or c.severity <> coalesce(g.severity, c.severity) or c.waiting is distinct from m.waiting
               or (i.case_id is not null and c.customer_id is null)
               or c.proposal_id is distinct from p.id or c.next_due_at is distinct from o.due_at
               or (c.status = 'closed' and c.closed_at is distinct from (
                   select s.at from case_step s where s.case_id = c.id and s.name = 'follow-up'
                   and s.outcome = 'closed' order by s.number desc limit 1))
        """,
    ),
    Within(
        "case_proposals",
        "every proposal was made by a step, and answered by one, as they say",
        ("complaint",),
        checked="select count(*) from proposal",
        offending="""
            with steps as (
                select case_id, round, at, name, coalesce(outcome, '') as outcome, count(*) as times from case_step
                where name in ('proposal', 'acceptance') group by 1, 2, 3, 4, 5
            ), proposals as (
                select case_id, round, proposed_at as at, 'proposal' as name, '' as outcome, count(*) as times
                from proposal group by 1, 2, 3
                union all
                select case_id, round, answered_at, 'acceptance', case when accepted then 'accepted' else 'refused' end,
                       count(*) from proposal where answered_at is not null group by 1, 2, 3, accepted
            )
            select case_id, round, at, name, outcome, s.times as steps, p.times as proposals
            from steps s full join proposals p using (case_id, round, at, name, outcome)
            where s.times is distinct from p.times
        """,
    ),
    Within(
        "case_stories",
        "what was written of a case when it was filed is what stands there now",
        ("complaint",),
        checked="select count(*) from case_story",
        offending="""
            select case_id from case_story s where digest <> md5((to_jsonb(s) - 'digest')::text)
        """,
    ),
    Within(
        "escalations",
        "cases rise level by level, at breaches and after breaches that were ignored, and stand at the last",
        ("complaint",),
        checked="select count(*) from escalation",
        offending="""
            with levels (escalation_level, rank) as (values ('manager', 1), ('head', 2), ('sponsor', 3)), risen as (
                select e.*, l.rank, lag(e.at) over w as at_before, row_number() over w as nth
                from escalation e join levels l using (escalation_level)
                window w as (partition by e.case_id order by l.rank)
            )
            select e.case_id, e.escalation_level, e.stage, e.at, 'without a breach, or out of turn' as fault
            from risen e left join deadline d using (case_id, round, stage)
            where d.breached_at is null or e.at < d.breached_at or e.nth <> e.rank or e.at < e.at_before
            union all
            select c.id, c.escalation_level, null, null, 'the case stands at another level' from complaint_case c
            left join (select distinct on (case_id) * from risen order by case_id, rank desc) e on e.case_id = c.id
            where c.escalation_level <> coalesce(e.escalation_level, 'agent')
            union all
            select d.case_id, null, d.stage, d.breached_at, 'a breach that raised nobody' from deadline d
            where d.breached_at is not null and not exists (
                select from escalation e where e.case_id = d.case_id
                and (e.round, e.stage, e.at) = (d.round, d.stage, d.breached_at)
                or e.case_id = d.case_id and e.escalation_level = 'sponsor' and e.at <= d.breached_at)
        """,
    ),
)
