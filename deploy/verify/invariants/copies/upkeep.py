"""Upkeep: every event log has its one epoch, work that was asked for moves, and replies are forgotten in time."""

from deploy.verify.invariant import ALL_SERVICES, Within

INVARIANTS = (
    Within(
        "one_epoch",
        "every event log has one epoch, by which others tell its numbers from those of before a restore",
        ALL_SERVICES,
        checked="select count(*) from stream_epoch",
        offending="select count(*) as epochs from stream_epoch having count(*) <> 1",
    ),
    Within(
        "jobs_move",
        "every job that is not finished is worked on, or waits its turn behind one that is",
        ("tiering",),
        checked="select count(*) from job",
        offending="""
            select j.id, j.kind, j.lane, j.status, j.requested_at, j.worker_until, j.tries, j.error from job j
            where j.finished_at is null
              and greatest(j.requested_at, j.worker_until, j.retry_at) < now() - interval '1 hour'
              and not exists (select from job o where o.lane = j.lane and o.worker_until > now())
        """,
    ),
    Within(
        "replies_are_forgotten",
        "no reply is kept for its idempotency key beyond two days and the hours of a standstill",
        ALL_SERVICES,
        checked="select count(*) from idempotency",
        offending="""
            select count(*) as replies, min(created_at) as oldest from idempotency
            where created_at < now() - interval '3 days' having count(*) > 0
        """,
        noted=True,
    ),
)
