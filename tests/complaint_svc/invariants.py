"""What must be true of every case and deadline at any time, as SQL that returns the rows that break it (C2, C3)."""

from services.complaint_svc.cases.domain.case import BESIDE, PATH
from shared.messaging import Database


def _text(value: str | None) -> str:
    return "null::text" if value is None else f"'{value}'"


def _legal_lines() -> str:
    on_path = [f"({_text(b)}, {_text(name)}, {_text(outcome)}, {_text(a)})" for (b, name, outcome), a in PATH.items()]
    beside = [f"({_text(s)}, {_text(name)}, '*', {_text(s)})" for name, statuses in BESIDE.items() for s in statuses]
    return ",\n".join((*on_path, *beside))


LEGAL_PATHS = f"""
with legal (before, name, outcome, after) as (values {_legal_lines()}),
history as (
    select s.*, lag(status_after) over w as came_from, lag(number, 1, 0) over w as previous, lag(at) over w as earlier,
           lead(number) over w is null as last
    from case_step s window w as (partition by case_id order by number)
)
select h.case_id, h.number, h.name, h.status_before, h.status_after, c.status
from history h join complaint_case c on c.id = h.case_id
where h.number <> h.previous + 1
   or h.at < h.earlier
   or h.status_before is distinct from h.came_from
   or (h.last and (h.status_after <> c.status or h.number <> c.step_count))
   or not exists (select from legal l where l.before is not distinct from h.status_before and l.name = h.name
                  and l.after = h.status_after and (l.outcome = '*' or l.outcome is not distinct from h.outcome))
"""

DEADLINES_END_ONCE = """
select d.case_id, d.round, d.stage, d.warned_at, d.breached_at, d.done_late_at, d.met_at, d.cancelled_at, c.status
from deadline d join complaint_case c on c.id = d.case_id
where num_nonnulls(d.breached_at, d.met_at, d.cancelled_at) > 1
   or (d.done_late_at is not null and d.breached_at is null)
   or (d.breached_at is not null and d.warned_at is null)
   or d.breached_at <> d.due_at or (d.met_at > d.due_at and d.running_since is not null)
   or (coalesce(d.met_at, d.cancelled_at, d.done_late_at) is null and (c.status = 'closed' or d.round <> c.round))
"""

DEADLINES_ANNOUNCED_ONCE = """
with announced as (
    select (payload::jsonb ->> 'case_id')::uuid as case_id, payload::jsonb ->> 'stage' as stage, type,
           (payload::jsonb ->> 'due_at')::timestamptz as due_at
    from outbox where type in ('complaint.deadline_warned.v1', 'complaint.deadline_breached.v1')
), counted as (
    select case_id, stage, count(*) filter (where type = 'complaint.deadline_warned.v1') as warnings,
           count(*) filter (where type = 'complaint.deadline_breached.v1') as breaches
    from announced group by case_id, stage
), kept as (
    select case_id, stage, count(warned_at) as warnings, count(breached_at) as breaches
    from deadline group by case_id, stage
)
select case_id, stage, k.warnings, t.warnings as announced_warnings, k.breaches, t.breaches as announced_breaches
from kept k left join counted t using (case_id, stage)
where k.warnings <> coalesce(t.warnings, 0) or k.breaches <> coalesce(t.breaches, 0)
"""

WHAT_RUNS_IS_ARMED = """
select d.case_id, d.round, d.stage, d.generation, d.running_since, d.escalate_at, t.kind, t.due_at
from deadline d
left join timer t on t.aggregate = d.case_id || '/' || d.round || '/' || d.stage and t.state in ('pending', 'failed')
where (t.aggregate is not null) <> (
    d.met_at is null and d.cancelled_at is null and d.done_late_at is null and d.running_since is not null
    and (d.breached_at is null or d.escalate_at is not null))
   or t.generation <> d.generation
"""

ESCALATED_IN_ORDER = """
select c.id as case_id, c.escalation_level, k.levels
from complaint_case c
left join (
    select case_id, array_agg(escalation_level order by at,
                              array_position(array['manager', 'head', 'sponsor'], escalation_level)) as levels
    from escalation group by case_id
) k on k.case_id = c.id
where coalesce(k.levels, '{}') <>
    (array['manager', 'head', 'sponsor'])[1:coalesce(
        array_position(array['manager', 'head', 'sponsor'], c.escalation_level), 0)]
"""

INVARIANTS = {
    "every case's history is a legal path": LEGAL_PATHS,
    "every deadline was breached once, met or cancelled, never two of these": DEADLINES_END_ONCE,
    "every warning and every breach was announced exactly once": DEADLINES_ANNOUNCED_ONCE,
    "every deadline that runs has one timer waiting, and no other has": WHAT_RUNS_IS_ARMED,
    "every case was escalated level by level, each once": ESCALATED_IN_ORDER,
}


async def check_invariants(database: Database) -> None:
    async with database.transaction() as tx:
        for sentence, broken in INVARIANTS.items():
            rows = await tx.raw.fetch(broken)
            assert rows == [], sentence
