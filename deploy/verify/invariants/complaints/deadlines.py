"""Deadlines: given by the rules to every round of a case, by a tier the customer had, each with its timer."""

from deploy.verify.invariant import CUT, Scan, Within
from deploy.verify.snapshots import Snapshots

# What every version of the deadline rules gives: a row a kind, severity, tier and stage; null where there is none.
GIVEN = """
    given as (
        select v.version, v.effective_from, v.effective_to, a ->> 'kind' as kind, a ->> 'severity' as severity,
               a ->> 'tier' as tier, stage, (a ->> (stage || '_minutes'))::int * interval '1 minute' as allowance
        from rule_set_version v, jsonb_array_elements(v.document -> 'allowances') as a,
             unnest(array['acknowledgement', 'proposal', 'solution']) as stage
        where v.kind = 'deadline-rules'
    )
"""
# The severities a case may have had while its deadlines were given: of one that was graded anew, any at first.
GRADED = """
    graded as (
        select id as case_id, severity from complaint_case
        union
        select s.case_id, unnest(array['low', 'normal', 'high', 'critical']) from case_step s where s.name = 'severity'
    )
"""


async def _deadline_tiers(snapshots: Snapshots) -> tuple[int, list[str]]:
    """Of what is still owed. A promise stands when the history is corrected, so a tier counts that the customer had at
    any time; not of what was filed before tiering came back from a backup, which may know less since."""
    owner = snapshots.after["tiering"]
    rows = await snapshots.now["complaint"].fetch(
        """select distinct c.customer_id, d.tier, c.id as case_id
           from deadline d join complaint_case c on c.id = d.case_id
           where d.tier is not null and num_nonnulls(d.met_at, d.cancelled_at, d.done_late_at) = 0
             and c.recorded_at >= $1""",
        await owner.fetchval("select started_at from stream_epoch"),
    )
    known = await owner.fetch(
        "select distinct customer_id, tier from tier_history where customer_id = any($1)",
        list({row["customer_id"] for row in rows}),
    )
    had = {(row["customer_id"], row["tier"]) for row in known}
    return len(rows), [
        f"complaint: case_id={row['case_id']} has deadlines of the tier {row['tier']}, in which its customer never was"
        for row in rows if (row["customer_id"], row["tier"]) not in had
    ]  # fmt: skip


INVARIANTS = (
    Within(
        "deadlines_end_once",
        "every deadline ended once at most, and was announced as often as something became of it",
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
    Within(
        "deadlines_given",
        "every round of a case has the deadlines that the rules in force give to its kind, from its beginning on",
        ("complaint",),
        checked="select count(*) from case_step where name in ('filing', 'reopening')",
        offending=f"""
            with {GIVEN}, by_kind as (
                select version, effective_from, effective_to, kind, stage, bool_and(allowance is not null) as always,
                       bool_or(allowance is not null) as ever
                from given where effective_from is not null group by 1, 2, 3, 4, 5
            ), begun as (
                select s.case_id, s.round, s.at, s.recorded_at, c.kind from case_step s
                join complaint_case c on c.id = s.case_id where s.name in ('filing', 'reopening')
            ), expected as (
                select b.case_id, b.round, k.stage, bool_and(k.always) as always, bool_or(k.ever) as ever
                from begun b join by_kind k on k.kind = b.kind
                    and k.effective_from <= b.recorded_at + interval '1 minute'
                    and (k.effective_to is null or k.effective_to >= b.recorded_at - interval '1 minute')
                group by 1, 2, 3
            )
            select case_id, round, stage, case when d.case_id is null then 'missing' else 'not owed' end as fault
            from expected e full join deadline d using (case_id, round, stage)
            where (d.case_id is null and e.always) or (d.case_id is not null and e.ever is not true)
            union all
            select d.case_id, d.round, d.stage, 'begins at another time than its round' from deadline d
            join begun b using (case_id, round) where d.started_at <> b.at
        """,
    ),
    Within(
        "deadline_allowances",
        "every deadline has the time that its rules give to the case's kind, severity and tier, and no better is due",
        ("complaint",),
        checked="select count(*) from deadline",
        offending=f"""
            with {GIVEN}, {GRADED}
            select d.case_id, d.round, d.stage, d.tier, d.allowance, 'not by its rules' as fault
            from deadline d join complaint_case c on c.id = d.case_id
            where not exists (
                select from graded g
                join given a on a.version = d.deadline_rules_version and a.kind = c.kind and a.stage = d.stage
                    and a.severity = g.severity and a.tier = 'any'
                left join given n on n.version = d.deadline_rules_version and n.kind = c.kind and n.stage = d.stage
                    and n.severity = g.severity and n.tier = d.tier
                where g.case_id = d.case_id
                  and d.allowance = case when n.version is null then a.allowance else n.allowance end)
            union all  -- a better tier shortens what runs (K11); by which rules is plain where there were no others
            select d.case_id, d.round, d.stage, t.tier, n.allowance, 'a better tier was not heeded'
            from deadline d
            join complaint_case c on c.id = d.case_id
            join (select *, lead(effective_from) over (partition by customer_id order by effective_from) as until
                  from tier_copy) t on t.customer_id = c.customer_id and (t.until is null or t.until > d.started_at)
            join given n on n.version = d.deadline_rules_version and n.kind = c.kind and n.stage = d.stage
                and n.severity = c.severity and n.tier = t.tier and n.allowance < d.allowance
            where num_nonnulls(d.met_at, d.cancelled_at, d.done_late_at, d.breached_at) = 0
              -- by other hours a smaller allowance may be due later
              and not exists (select from rule_set_version v, jsonb_array_elements(v.document -> 'other_hours') as o
                              where v.kind = 'calendar-rules' and v.effective_from is not null
                              and o ->> 'tier' in (t.tier, d.tier))
              and not exists (select from rule_set_version v where v.kind = 'deadline-rules'
                              and v.effective_from is not null and v.version <> d.deadline_rules_version
                              and (v.effective_to is null or v.effective_to > d.started_at))
        """,
    ),
    Within(
        "deadline_regions",
        "every deadline is counted by the hours of its case's region, or of none from before its customer was known",
        ("complaint",),
        checked="select count(*) from deadline where region is not null",
        offending="""
            select d.case_id, d.round, d.stage, d.region, c.region as region_of_case
            from deadline d join complaint_case c on c.id = d.case_id
            where d.round = c.round and d.region is distinct from c.region and not exists (
                select from case_step s
                where s.case_id = d.case_id and s.round = d.round and s.name = 'identification')
        """,
    ),
    Scan(
        "deadline_tiers",
        "the tier of every deadline that is owed is one that the customer was in",
        _deadline_tiers,
    ),
    Within(
        "deadline_timers",
        "what comes next of every deadline that runs has a timer at its own instant; what fired had its effect, once",
        ("complaint",),
        checked="select count(*) from deadline",
        offending="""
            with named as (
                select *, case_id || '/' || round || '/' || stage as aggregate from deadline
            ), coming as (
                select d.aggregate, d.generation, x.kind, greatest(x.at, c.replayed_until) as due_at
                from named d join complaint_case c on c.id = d.case_id, lateral (values (
                    case when d.breached_at is not null then 'deadline_escalation'
                         when d.warned_at is null then 'deadline_warning' else 'deadline_breach' end,
                    case when d.breached_at is not null then d.escalate_at when d.warned_at is null then d.warn_at
                         else d.due_at + interval '1 microsecond' end)) as x(kind, at)
                where num_nonnulls(d.met_at, d.cancelled_at, d.done_late_at) = 0 and d.running_since is not null
                  and x.at is not null
            ), armed as (
                select aggregate, kind, generation, due_at from timer
                where kind like 'deadline\\_%' and state in ('pending', 'failed')
            )
            select aggregate, kind, c.generation, c.due_at, a.generation as armed, a.due_at as armed_for
            from coming c full join armed a using (aggregate, kind)
            where c.aggregate is null or a.aggregate is null or c.generation <> a.generation or c.due_at <> a.due_at
            union all
            select t.aggregate, t.kind, max(t.generation), max(t.due_at), count(*)::int, null
            from timer t left join named d using (aggregate)
            where t.kind like 'deadline\\_%' and t.state = 'fired'
            group by t.aggregate, t.kind, d.case_id, d.warned_at, d.breached_at
            having d.case_id is null or (t.kind = 'deadline_warning' and (d.warned_at is null or count(*) > 1))
                or (t.kind = 'deadline_breach' and (d.breached_at is null or count(*) > 1))
        """,
    ),
)
