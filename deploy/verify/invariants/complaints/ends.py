"""How deadlines end: by the step that does their work, in time or late; breached only when it was not in time."""

from deploy.verify.invariant import Within

# Which step ends a stage, and how: its work is done, or it is owed no more (C3).
ENDS = """
    values ('acknowledgement', 'acknowledgement', null, true),
           ('proposal', 'proposal', null, true),
           ('solution', 'resolution', null, true),
           ('solution', 'judgement', 'invalid', true),
           ('solution', 'follow-up', null, true),
           ('acknowledgement', 'resolution', null, false),
           ('acknowledgement', 'judgement', 'invalid', false),
           ('acknowledgement', 'follow-up', null, false),
           ('proposal', 'resolution', null, false),
           ('proposal', 'judgement', 'invalid', false),
           ('proposal', 'follow-up', null, false)
"""

INVARIANTS = (
    Within(
        "deadlines_judged",
        "every deadline was met, missed or cancelled by the step that ended it, and breached only at its end",
        ("complaint",),
        checked="select count(*) from deadline",
        offending=f"""
            with rules (stage, name, outcome, done) as ({ENDS}), ended as (
                select distinct on (s.case_id, s.round, r.stage) s.case_id, s.round, r.stage, s.number, s.at,
                       s.recorded_at, r.done
                from case_step s join rules r on r.name = s.name and (r.outcome is null or r.outcome = s.outcome)
                order by s.case_id, s.round, r.stage, s.number
            ), judged as (
                select d.*, e.at as ended_at, e.done, e.recorded_at as end_recorded_at, paused.name is not null as waits
                from deadline d
                left join ended e using (case_id, round, stage)
                left join lateral (
                    select s.name from case_step s
                    where s.case_id = d.case_id and s.round = d.round and (e.number is null or s.number < e.number)
                      and s.name in ('pause', 'proposal', 'resumption', 'acceptance', 'reopening')
                    order by s.number desc limit 1) paused on paused.name in ('pause', 'proposal')
            )
            select case_id, round, stage, due_at, warned_at, breached_at, met_at, done_late_at, cancelled_at, ended_at
            from judged j where breached_at <> due_at or warned_at <> warn_at or breached_at > now()
                or (ended_at is null and (num_nonnulls(met_at, cancelled_at, done_late_at) > 0
                                          or (running_since is null) <> waits))
                or (ended_at is not null and breached_at is null and (
                    (met_at, cancelled_at) is distinct from (case when done then ended_at end,
                                                             case when not done then ended_at end)
                    or (ended_at > due_at and not waits)))
                -- a breach stays when work of before is reported after it: then a timer of the case had fired by then
                or (ended_at is not null and breached_at is not null and (
                    done_late_at is distinct from ended_at
                    or (ended_at <= due_at and not exists (
                        select from timer t where t.aggregate like j.case_id || '/%' and t.state = 'fired'
                        and t.ended_at between j.due_at and j.end_recorded_at + interval '1 minute'))))
        """,
    ),
)
