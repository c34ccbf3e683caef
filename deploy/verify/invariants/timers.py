"""What is due: every deadline fired once or was cancelled, and none was forgotten."""

from deploy.verify.invariant import ALL_SERVICES, Within

INVARIANTS = (
    Within(
        "timers_end_once",
        "every timer that is due has fired or was cancelled",
        ALL_SERVICES,
        checked="select count(*) from timer",
        offending="""
            select aggregate, kind, generation, state, due_at, ended_at, last_error from timer
            where state = 'failed'
               or (state = 'pending' and ended_at is not null)
               or (state in ('fired', 'cancelled') and ended_at is null)
               or (state = 'pending' and greatest(due_at, coalesce(retry_at, due_at)) < now() - interval '30 seconds')
               or (state = 'fired' and ended_at < due_at)
            order by due_at
        """,
    ),
)
