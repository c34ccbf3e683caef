"""What cases were settled with: each settlement that was carried out is granted once, to the case's customer."""

from deploy.verify.invariant import CUT, Between, Rows, Within

# A case resolves once a round, and what happened is known by when: the resolution's own id is in its event only.
KEY = "{case} || ' ' || (extract(epoch from {at}) * 1000000)::bigint"
OF_EVENTS = f"""
select {KEY.format(case="(p ->> 'case_id')", at="(p ->> 'resolved_at')::timestamptz")} as key
from (select payload::jsonb as p from outbox
      where type = 'complaint.complaint_resolved.v1' and event_id = any($1)) as resolved
"""
RESOLVED = f"""
select {KEY.format(case="s.case_id", at="s.at")} as key, c.customer_id, p.points::bigint as points
from case_step s
join complaint_case c on c.id = s.case_id and c.customer_id is not null
join proposal p on p.case_id = s.case_id and p.round = s.round and p.accepted
where s.name = 'resolution' and p.points > 0
"""

INVARIANTS = (
    Within(
        "settlements_moved",
        "a settlement that went to another customer was withdrawn from the one and granted to the other, once each",
        ("loyalty",),
        checked="select count(*) from settlement_move",
        offending="""
            with moves as (
                select m.*, lag(m.to_customer) over w as held_by, lag(m.granted_by) over w as granted_before
                from settlement_move m window w as (partition by resolution_id order by step)
            )
            select m.resolution_id, m.step, m.from_customer, m.to_customer, m.points from moves m
            left join adjustment a on a.id = m.resolution_id and a.kind = 'settlement' and a.case_id = m.case_id
            left join entry w on w.id = m.withdrawn_by and w.kind = 'withdraw' and w.customer_id = m.from_customer
            left join entry g on g.id = m.granted_by and g.kind = 'grant' and g.customer_id = m.to_customer
            left join posting p on p.entry_id = w.id and p.account = 'issued'
            left join posting q on q.entry_id = g.id and q.account = 'issued'
            where a.id is null or a.points <> m.points or m.from_customer <> coalesce(m.held_by, a.customer_id)
               or (m.withdrawn_by is not null and (
                   w.reverses is distinct from coalesce(m.granted_before, a.entry_id)
                   or (p.points, q.points) is distinct from (m.points, -m.points)
                   or w.fact_id is distinct from g.fact_id))
            union all
            select e.reverses, null, e.customer_id, null, e.points from entry e
            where e.kind = 'withdraw' and not exists (select from settlement_move m where m.withdrawn_by = e.id)
        """,
    ),
    Between(
        "settlements_granted",
        "every settlement that was accepted and carried out is granted exactly once, and no other points are",
        Rows(
            "complaint",
            RESOLVED,
            of_events=OF_EVENTS,
            of_streams=f"""select {KEY.format(case="s.case_id", at="s.at")} as key from case_step s
                           join complaint_case c on c.id = s.case_id
                           where s.name = 'resolution' and s.recorded_at < {CUT}
                             and (c.id::text = any($1) or c.customer_id::text = any($1))""",
        ),
        Rows(
            "loyalty",
            f"""select {KEY.format(case="e.case_id", at="e.occurred_at")} as key, e.customer_id,
                       -p.points as points
                from entry e join posting p on p.entry_id = e.id and p.account = 'issued' where e.kind = 'grant'
                  and not exists (select from entry w where w.kind = 'withdraw' and w.reverses = e.id)
                union all  -- held for, or refused, a second person's approval
                select {KEY.format(case="a.case_id", at="a.occurred_at")},
                       coalesce(m.to_customer, a.customer_id), a.points
                from adjustment a
                left join lateral (select to_customer from settlement_move m where m.resolution_id = a.id
                                   order by step desc limit 1) m on true
                where a.kind = 'settlement' and a.state <> 'posted'""",
        ),
    ),
    Within(
        "withdrawals_announced",
        "every settlement whose points were taken back was announced once, with how many they were, and no other",
        ("loyalty",),
        checked="select count(*) from settlement_move where withdrawn_by is not null",
        offending=f"""
            with announced as (
                select (p ->> 'resolution_id')::uuid as resolution_id, (p ->> 'customer_id')::uuid as customer_id,
                       (p ->> 'withdrawn_at')::timestamptz as at, (p ->> 'points')::bigint as points, count(*) as times
                from (select payload::jsonb as p from outbox where type = 'loyalty.settlement_withdrawn.v1') as events
                group by 1, 2, 3, 4
            ), moved as (
                select resolution_id, from_customer as customer_id, moved_at as at, points, count(*) as times
                from settlement_move where withdrawn_by is not null group by 1, 2, 3, 4
            )
            select resolution_id, customer_id, at, points, m.times as withdrawn, a.times as announced
            from moved m full join announced a using (resolution_id, customer_id, at, points)
            where m.times is null or (m.times is distinct from a.times and at >= {CUT})
        """,
    ),
    Between(
        "settlements_waiting",
        "what a case was settled with while nobody knew whose it is waits in the ledger as it was settled",
        Rows(
            "complaint",
            f"""select {KEY.format(case="s.case_id", at="s.at")} as key, p.points::bigint as points
                from case_step s
                join proposal p on p.case_id = s.case_id and p.round = s.round and p.accepted
                where s.name = 'resolution' and p.points > 0 and (
                    exists (select from case_step i where i.case_id = s.case_id and i.name = 'identification'
                            and i.from_customer is null
                            and i.number > s.number)
                    or exists (select from complaint_case c where c.id = s.case_id and c.customer_id is null))""",
            of_events=OF_EVENTS,
            of_streams=f"""select {KEY.format(case="s.case_id", at="s.at")} as key from case_step s
                           where s.name = 'resolution' and s.recorded_at < {CUT} and s.case_id::text = any($1)""",
        ),
        Rows(
            "loyalty",
            f"""select {KEY.format(case="case_id", at="resolved_at")} as key, points
                from unassigned_settlement""",
        ),
    ),
    Between(
        "identified_cases",
        "the ledger knows the customer of every case that was filed by nobody known",
        Rows(
            "complaint",
            """select c.id as key, c.customer_id from complaint_case c
               where exists (select from case_step s where s.case_id = c.id and s.name = 'identification')""",
            of_events="""select payload::jsonb ->> 'case_id' as key from outbox
                         where type = 'complaint.customer_identified.v1' and event_id = any($1)""",
            of_streams=f"""select c.id as key from complaint_case c join case_step s on s.case_id = c.id
                           where s.name = 'identification' and s.recorded_at < {CUT}
                             and c.customer_id::text = any($1)""",
        ),
        Rows("loyalty", "select case_id as key, customer_id from case_owner where customer_id is not null"),
    ),
)
