"""What was announced of cases is what happened to them, step by step."""

from deploy.verify.invariant import CUT, Within

# Of each step the event that says it, the field with its instant, and what else the event must say: the step's own
# outcome, the case's kind, or what was proposed.
SAYS = """
    values ('filing', 'complaint.complaint_filed.v1', 'filed_at'),
           ('acknowledgement', 'complaint.complaint_acknowledged.v1', 'acknowledged_at'),
           ('judgement', 'complaint.complaint_judged.v1', 'judged_at'),
           ('proposal', 'complaint.settlement_proposed.v1', 'proposed_at'),
           ('acceptance', 'complaint.settlement_answered.v1', 'answered_at'),
           ('resolution', 'complaint.complaint_resolved.v1', 'resolved_at'),
           ('follow-up', 'complaint.complaint_closed.v1', 'closed_at'),
           ('reopening', 'complaint.complaint_reopened.v1', 'reopened_at'),
           ('identification', 'complaint.customer_identified.v1', 'identified_at')
"""

INVARIANTS = (
    Within(
        "cases_announced",
        "every step of a case was announced exactly once, with what it was about and what it gave",
        ("complaint",),
        checked="select count(*) from case_step",
        offending=f"""
            with says (name, type, field) as ({SAYS}), announced as (
                select s.name, (p ->> 'case_id')::uuid as case_id, (p ->> s.field)::timestamptz as at, p
                from (select type, payload::jsonb as p from outbox where topic = 'patron.complaint') e
                join says s on s.type = e.type
            ), content as (
                select name, case_id, at, count(*) as times, (array_agg(p))[1] as p from announced group by 1, 2, 3
            ), happened as (
                select s.name, s.case_id, s.at, count(*) as times,
                       count(*) filter (where s.recorded_at >= {CUT}) as since_cut,
                       (array_agg(s.outcome))[1] as outcome, (array_agg(s.round))[1] as round,
                       (array_agg(s.to_customer))[1] as to_customer, (array_agg(s.from_customer))[1] as from_customer
                from case_step s join says on says.name = s.name
                where s.name <> 'follow-up' or s.outcome = 'closed' group by 1, 2, 3
            )
            select case_id, name, at, h.times as happened, c.times as announced, 'not as often' as fault
            from happened h full join content c using (name, case_id, at)
            where coalesce(c.times, 0) not between coalesce(h.since_cut, 0) and coalesce(h.times, 0)
            union all
            select h.case_id, h.name, h.at, h.times, c.times, 'another content'
            from happened h
            join content c using (name, case_id, at)
            join complaint_case k on k.id = h.case_id
            left join proposal made on made.case_id = h.case_id and made.round = h.round and made.proposed_at = h.at
            left join proposal agreed on agreed.case_id = h.case_id and agreed.round = h.round and agreed.accepted
            where h.times = 1 and case h.name
                when 'filing' then (p ->> 'kind', p ->> 'channel', p ->> 'category')
                                   is distinct from (k.kind, k.channel, k.category)
                when 'judgement' then (p ->> 'valid')::bool <> (h.outcome = 'valid')
                when 'acceptance' then (p ->> 'accepted')::bool <> (h.outcome = 'accepted')
                when 'proposal' then ((p ->> 'proposal_id')::uuid, (p ->> 'points')::int, (p ->> 'amount')::numeric)
                                     is distinct from (made.id, made.points, made.amount)
                when 'resolution' then ((p ->> 'points')::int, (p ->> 'amount')::numeric)
                                       is distinct from (coalesce(agreed.points, 0), coalesce(agreed.amount, 0))
                when 'identification' then ((p ->> 'customer_id')::uuid, (p ->> 'previous_customer_id')::uuid)
                                           is distinct from (h.to_customer, h.from_customer)
                else false end
        """,
    ),
)
