"""Runs by schedule: each due instant has its run or the reason why not, and no scheduled run came from nowhere."""

from deploy.verify.invariant import Within

INVARIANTS = (
    Within(
        "scheduled_runs",
        "each due instant that was seen to has its run, or the code of why not; no scheduled run came from nowhere",
        ("tiering",),
        checked="select count(*) from scheduled_run",
        offending="""
            select s.kind, s.due_at, s.job_id, s.refused
            from scheduled_run s left join job j on j.id = s.job_id
            where (s.job_id is null) = (s.refused is null) or (s.job_id is not null and j.id is null)
               or j.kind <> s.kind or j.requested_at < s.due_at or s.as_of > s.due_at
            union all
            select j.kind, null, j.id, null from job j
            where j.requested_by = 'schedule' and not exists (select from scheduled_run s where s.job_id = j.id)
        """,
    ),
)
