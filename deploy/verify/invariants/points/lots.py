"""Lots: made by an entry, for as long as the programme says, used for no more than they hold, over at their end."""

from deploy.verify.invariant import Within

# Made with the entry that credits them. How long they live is of the programme: the order's own, or the one in force
# when points were given for something else. Points that came from another wallet (transferred,
# borrowed, repaid) keep the terms they had.
MADE = """
with business as (
    select coalesce((select time_zone from deployment), 'UTC') as zone
), programmes as (
    select version, effective_from, effective_to, make_interval(months => (document ->> 'lifetime_months')::int) as life
    from rule_set_version where kind = 'programme'
), credits as (
    select e.id, e.customer_id, e.kind, e.kind in ('transfer', 'borrow', 'repay') as kept_terms, e.order_id,
           e.occurred_at, e.recorded_at, -p.points as points
    from entry e join posting p on p.entry_id = e.id
        and p.account in ('issued', 'adjusted', 'transferred', 'lent') and p.points < 0
    where e.kind in ('earn', 'grant', 'adjust', 'transfer', 'borrow', 'repay')
), sums as (
    select entry_id, sum(points) as points, count(*) as lots, bool_or(id = entry_id) as named_by_it
    from lot group by entry_id
), extended as (
    select lot_id, (array_agg(expired_at order by recorded_at, expires_at))[1] as first_end,
           (array_agg(expires_at order by recorded_at desc, expires_at desc))[1] as last_end,
           bool_and(follows) as follow
    from (select *, expired_at is not distinct from coalesce(lag(expires_at) over w, expired_at) as follows
          from lot_extension window w as (partition by lot_id order by recorded_at, expires_at)) x
    group by lot_id
), lots as (
    select l.*, c.kind, c.kept_terms, c.recorded_at, c.occurred_at, c.order_id as order_of_entry,
           c.customer_id as of_entry,
           coalesce(x.first_end, l.expires_at) as first_end, x.last_end, coalesce(x.follow, true) as follow,
           o.placed_at, o.programme
    from lot l
    left join credits c on c.id = l.entry_id
    left join extended x on x.lot_id = l.id
    left join order_points o on o.order_id = l.order_id
)
select c.id as entry_id, null::uuid as lot_id, c.points, s.points as in_lots, 'not the points of its lots' as fault
from credits c full join sums s on s.entry_id = c.id
where c.points is distinct from s.points or not s.named_by_it or (s.lots > 1 and not c.kept_terms)
union all
select entry_id, id, null, null, 'not of its entry' from lots
where of_entry is distinct from customer_id or (not kept_terms and order_of_entry is distinct from order_id)
   or case when kind = 'earn' then earned_at <> placed_at when not kept_terms then earned_at <> occurred_at
           else order_id is not null end
union all
select entry_id, id, null, null, 'it ends at another time than ' || coalesce(last_end, first_end) from lots
where not follow or expires_at <> coalesce(last_end, first_end)
union all  -- an hour that the clocks show twice is the same by either
select entry_id, id, null, null, 'its time is not that of the programme' from lots l, business b
where not kept_terms and not exists (
    select from programmes p,
        lateral (select (l.earned_at at time zone b.zone + p.life) as ends) given
    where (ends at time zone b.zone = l.first_end or l.first_end at time zone b.zone = ends)
      and case when kind = 'earn' then p.version = l.programme
               else (l.earned_at >= p.effective_from and (p.effective_to is null or l.earned_at < p.effective_to))
                    or exists (select from rule_set_step s where s.kind = 'programme'
                               and s.effective_from <= l.earned_at
                               and s.at > l.recorded_at - interval '1 minute') end)
"""

USED = """
with spent as (
    select lot_id, sum(points - reversed) as points from spent_lot group by lot_id
), held as (
    select (part ->> 0)::uuid as lot_id, sum((part ->> 1)::bigint) as points
    from hold, jsonb_array_elements(parts) as part where state = 'open' group by 1
), redeemed as (
    select e.id, e.customer_id, sum(p.points) as points from entry e
    join posting p on p.entry_id = e.id and p.account = 'redeemed'
    where e.kind in ('redeem', 'capture') group by e.id
), given_back as (
    select e.reverses as id, -sum(p.points) as points from entry e
    join posting p on p.entry_id = e.id and p.account = 'redeemed'
    where e.kind = 'reverse_redemption' group by e.reverses
), consumed as (
    select s.entry_id as id, sum(s.points) as points, sum(s.reversed) as reversed,
           count(*) filter (where l.customer_id is distinct from e.customer_id) as foreign_lots
    from spent_lot s left join lot l on l.id = s.lot_id left join entry e on e.id = s.entry_id group by s.entry_id
), expired as (
    select customer_id, sum(points) as points from posting where account = 'expired' group by customer_id
), over as (
    select customer_id, sum(expired) as points from lot group by customer_id
)
select l.customer_id, l.id, l.points - l.remaining - l.expired as used, s.points as spent, h.points as held,
       'more used of a lot than it holds' as fault
from lot l left join spent s on s.lot_id = l.id left join held h on h.lot_id = l.id
where (s.points is not null or h.points is not null)
  and l.remaining + l.expired + coalesce(s.points, 0) + coalesce(h.points, 0) > l.points
union all
select r.customer_id, id, r.points, c.points, c.reversed, 'not what its lots gave, or got back' from redeemed r
full join consumed c using (id)
full join given_back b using (id)
where r.points is distinct from c.points or coalesce(c.reversed, 0) <> coalesce(b.points, 0) or c.foreign_lots > 0
union all
select customer_id, null, e.points, o.points, null, 'not what expired of its lots' from expired e
full join over o using (customer_id) where coalesce(e.points, 0) <> coalesce(o.points, 0)
"""

INVARIANTS = (
    Within(
        "lots_made",
        "every credit is in lots of its own, which end when the programme says or a person extended them to",
        ("loyalty",),
        checked="select count(*) from lot",
        offending=MADE,
    ),
    Within(
        "lots_used",
        "redemptions, holds and expiry took of lots what they hold, and what was given back is there again",
        ("loyalty",),
        checked="select count(*) from lot",
        offending=USED,
    ),
    Within(
        "lots_expire",
        "no points are left that were over a day ago, and each wallet knows when its next ones are",
        ("loyalty",),
        checked="select count(*) from lot where open",
        offending="""
            select customer_id, id, expires_at, remaining from lot where open and expires_at < now() - interval '1 day'
            union all
            select customer_id, null, w.next_expiry, null from wallet w
            join (select customer_id, min(expires_at) as ends from lot where open group by customer_id) l
                using (customer_id)
            where w.next_expiry is null or w.next_expiry > l.ends
        """,
    ),
)
