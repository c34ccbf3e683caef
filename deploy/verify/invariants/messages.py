"""Messages that customers are to get: announced once, never where they are withheld, in the state reported last."""

from deploy.verify.invariant import CUT, Within

INVARIANTS = (
    Within(
        "messages_announced",
        "every message that may be sent was announced once, with whom it is for; a withheld one never was",
        ("profile",),
        checked="select count(*) from message_request",
        offending=f"""
            with announced as (
                select (p ->> 'message_id')::uuid as id, count(*) as times, min(p ->> 'customer_id') as customer_id,
                       min(p ->> 'channel') as channel, min(p ->> 'contact_id') as contact_id
                from (select payload::jsonb as p from outbox where type = 'profile.message_requested.v1') as events
                group by 1
            )
            select id, m.customer_id, m.state, m.channel, a.times, a.channel as announced_channel
            from message_request m full join announced a using (id)
            where m.id is null or (m.state = 'withheld' and a.times > 0)
               or (m.state <> 'withheld' and coalesce(a.times, 0) not between (m.requested_at >= {CUT})::int and 1)
               or a.customer_id <> m.customer_id::text or a.channel is distinct from case when a.id is not null
                  then m.channel end
               or a.contact_id is distinct from case when a.id is not null then m.contact_id::text end
        """,
    ),
    Within(
        "messages_as_reported",
        "the state of each message is what its latest report says, and each report was announced",
        ("profile",),
        checked="select count(*) from message_report",
        offending=f"""
            with latest as (
                select message_id, max(at) as at, array_agg(distinct state) as states
                from message_report r
                where at = (select max(at) from message_report o where o.message_id = r.message_id) group by 1
            ), announced as (
                select (p ->> 'message_id')::uuid as message_id, p ->> 'state' as state,
                       (p ->> 'reported_at')::timestamptz as at, count(*) as times
                from (select payload::jsonb as p from outbox
                      where type = 'profile.message_delivery_reported.v1') as events
                group by 1, 2, 3
            )
            select m.id, m.state, m.state_at, 'not what was reported last' as fault
            from message_request m left join latest l on l.message_id = m.id
            where case when l.message_id is null then m.state not in ('requested', 'withheld')
                       else m.state_at <> l.at or m.state <> all (l.states) end
            union all
            select message_id, state, at, 'announced otherwise'
            from message_report r full join announced a using (message_id, state, at)
            where r.message_id is null or coalesce(a.times, 0) not between (r.recorded_at >= {CUT})::int and 1
        """,
    ),
)
