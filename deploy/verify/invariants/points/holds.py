"""Holds: set aside once, ended once, by whom they say, and each with its timer at its own end."""

from deploy.verify.invariant import Within

# Instants are of the service's clock, and timers of the database's: they may differ by a little.
CLOCKS = "interval '1 minute'"

INVARIANTS = (
    Within(
        "holds_end",
        "every hold set its points aside once, and ended once, as it says: captured, released, or at its end",
        ("loyalty",),
        checked="select count(*) from hold",
        offending=f"""
            with moved as (
                select e.hold_id as id, e.customer_id, count(*) filter (where e.kind = 'hold') as holds,
                       count(*) filter (where e.kind = 'capture') as captures,
                       count(*) filter (where e.kind = 'release') as releases,
                       coalesce(sum(p.points) filter (where e.kind = 'hold'), 0) as held,
                       -coalesce(sum(p.points) filter (where e.kind = 'capture'), 0) as captured,
                       -coalesce(sum(p.points) filter (where e.kind = 'release'), 0) as released
                from entry e join posting p on p.entry_id = e.id and p.account = 'held'
                group by e.hold_id, e.customer_id
            )
            select id as hold_id, h.customer_id, h.state, h.points, h.captured, m.held, m.captured as captured_by_entry,
                   m.released from hold h full join moved m using (id)
            where h.id is null or m.id is null or h.customer_id <> m.customer_id or m.holds <> 1 or m.held <> h.points
               or m.captures > 1 or m.releases > 1 or m.captured <> h.captured
               or m.released <> case when h.state = 'open' then 0 else h.points - h.captured end
               or h.points <> (select sum((part ->> 1)::bigint) from jsonb_array_elements(h.parts) as part)
               or (h.state = 'expired' and h.ended_at < h.expires_at - {CLOCKS})
               or (h.state = 'captured' and h.ended_at >= h.expires_at)
               or exists (select from jsonb_array_elements(h.parts) as part left join lot l
                          on l.id = (part ->> 0)::uuid and l.customer_id = h.customer_id where l.id is null)
        """,
    ),
    Within(
        "hold_timers",
        "every hold has its timer at its end: pending while it is open, fired when it expired, else cancelled",
        ("loyalty",),
        checked="select count(*) from hold",
        offending="""
            select t.aggregate, h.id as hold_id, h.state, t.state as timer, h.expires_at, t.due_at from hold h
            full join (select * from timer where kind = 'hold_ends') t on t.aggregate = h.id::text
            where h.id is null or t.aggregate is null or t.due_at <> h.expires_at
               or not case h.state when 'open' then t.state in ('pending', 'failed')
                                   when 'expired' then t.state = 'fired' else t.state = 'cancelled' end
        """,
    ),
)
