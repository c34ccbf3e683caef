"""Complaints: every history is a legal path, and every deadline warned, breached and escalated as often as announced.

And as often as it had to: what still runs has a timer for what comes next.
"""

from deploy.verify.invariant import CUT, Within

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
        "deadlines_end_once",
        "every deadline ended once or still runs towards a timer, and was announced as often as something became of it",
        ("complaint",),
        checked="select count(*) from deadline",
        offending=f"""
            with announced as (
                select (p ->> 'case_id')::uuid as case_id, p ->> 'stage' as stage, type, count(*) as times
                from (select type, payload::jsonb as p from outbox
                      where type in ('complaint.deadline_warned.v1', 'complaint.deadline_breached.v1',
                                     'complaint.complaint_escalated.v1')) as events
                group by 1, 2, 3
            ), instants as (  -- it was announced at that instant or later
                select case_id, stage, 'complaint.deadline_warned.v1' as type, warned_at as at from deadline
                union all
                select case_id, stage, 'complaint.deadline_breached.v1', breached_at from deadline
                union all
                select case_id, stage, 'complaint.complaint_escalated.v1', at from escalation
            ), happened as (
                select case_id, stage, type, count(*) as times, count(*) filter (where at >= {CUT}) as since_cut
                from instants where at is not null group by 1, 2, 3
            )
            select case_id, stage, type, announced.times as announced, happened.times as happened
            from announced full join happened using (case_id, stage, type)
            where coalesce(announced.times, 0) not between coalesce(since_cut, 0) and coalesce(happened.times, 0)
            union all
            select case_id, stage, 'ended more than once', num_nonnulls(breached_at, met_at, cancelled_at), 1
            from deadline where num_nonnulls(breached_at, met_at, cancelled_at) > 1
            union all  -- it is owed, nobody stopped it, and a warning, a breach or an escalation is still to come of it
            select case_id, stage, 'runs without a timer', 0, 1
            from deadline where running_since is not null and num_nonnulls(met_at, cancelled_at, done_late_at) = 0
                and (breached_at is null or escalate_at is not null)
                and not exists (select from timer where aggregate = case_id || '/' || round || '/' || stage
                                and state in ('pending', 'failed'))
        """,
    ),
    Within(
        "deadlines_name_their_rules",
        "every deadline names versions of the deadline rules and of the calendar that have been in force",
        ("complaint",),
        checked="select count(*) from deadline",
        offending="""
            select d.case_id, d.round, d.stage, named.kind, named.version from deadline d
            cross join lateral (values ('deadline-rules', d.deadline_rules_version),
                                       ('calendar-rules', d.calendar_rules_version)) as named(kind, version)
            where not exists (select from rule_set_version v where v.kind = named.kind and v.version = named.version
                              and v.effective_from is not null)
        """,
    ),
)
