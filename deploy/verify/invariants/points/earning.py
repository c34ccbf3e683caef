"""What each order is worth, worked out from its lines, the programme and the tier of when it was placed.

The rules (L2, K4): a line earns what is left of its amount times the base rate, the factor of its category and that of
the tier, rounded once, half to even; plus the share of its category's bonus that is left. Nothing of a line that came
back whole.
"""

from deploy.verify.invariant import Within

# Half to even: PostgreSQL rounds a half away from zero, but twice the rounded half of it is even.
HALF_EVEN = "case when mod({x}, 1) = 0.5 then 2 * round({x} / 2) else round({x}) end"
# The same of a share n / d, whose quotient may have no end: by whole numbers.
SHARE = "div({n}, {d}) + case sign(2 * mod({n}, {d}) - {d}) when 1 then 1 when 0 then mod(div({n}, {d}), 2) else 0 end"

WORTH = f"""
with tiers as (
    select customer_id, tier, effective_from, lead(effective_from) over w as until
    from tier_copy window w as (partition by customer_id order by effective_from)
), programmes as (
    select version, effective_from, effective_to, document from rule_set_version where kind = 'programme'
), orders as (
    select o.order_id, o.customer_id, o.posted, o.lines, t.tier,
           nullif(p.document -> 'categories', '{{}}') as factors, nullif(p.document -> 'bonuses', '{{}}') as bonuses,
           (p.document ->> 'base_rate')::numeric * coalesce((p.document -> 'tiers' ->> t.tier)::numeric, 1) as rate
    from order_points o
    left join programmes p on p.version = o.programme
    left join tiers t on t.customer_id = o.customer_id and o.placed_at >= t.effective_from
         and (t.until is null or o.placed_at < t.until)
)
select order_id, customer_id, tier, posted, worth, null::int as programme
from orders, lateral (
    select sum(case when quantity_back >= quantity then 0 else
                   case when amount > 0 then {HALF_EVEN.format(x="earned")} else 0 end
                   + case when bonus is null then 0 when quantity_back is null then bonus
                          when amount > 0 then {SHARE.format(n="(bonus * (amount - back))", d="amount")}
                          else {SHARE.format(n="(bonus * (quantity - quantity_back))", d="quantity::numeric")} end
               end) as worth
    from (select amount, back, (l ->> 3)::int as quantity, (l ->> 5)::int as quantity_back,
                 (amount - coalesce(back, 0)) * rate * coalesce((factors ->> (l ->> 1))::numeric, 1) as earned,
                 (bonuses ->> (l ->> 1))::numeric as bonus
          from jsonb_array_elements(lines) l,
               lateral (select (l ->> 2)::numeric as amount, (l ->> 4)::numeric as back) money offset 0) line) lines
where posted is distinct from worth
union all  -- of what was decided after the order was recorded nothing could be known
select o.order_id, o.customer_id, null, null, null, o.programme from order_points o
left join programmes p on p.version = o.programme
where (p.version is null or p.effective_from is null or o.placed_at < p.effective_from
       or o.placed_at >= p.effective_to)
  and not exists (select from rule_set_step s where s.kind = 'programme' and s.effective_from <= o.placed_at
                  and s.at > o.recorded_at - interval '1 minute')
"""

INVARIANTS = (
    Within(
        "orders_earned",
        "every order stands at the points that its lines, the programme and the tier of when it was placed give",
        ("loyalty",),
        checked="select count(*) from order_points",
        offending=WORTH,
    ),
    Within(
        "orders_posted",
        "the entries of every order come to the points it stands at, and its lots are those that they made",
        ("loyalty",),
        checked="select count(*) from order_points",
        offending="""
            with entries as (
                select e.order_id, -sum(p.points) as points, bool_and(o.order_id is not null) as theirs
                from entry e
                join posting p on p.entry_id = e.id and p.account = 'issued'
                left join order_points o on o.order_id = e.order_id and o.customer_id = e.customer_id
                where e.order_id is not null and e.kind in ('earn', 'reverse') group by e.order_id
            ), lots as (
                select l.order_id, array_agg(l.id) as ids from lot l where l.order_id is not null group by l.order_id
            )
            select order_id, o.customer_id, o.posted, e.points, e.theirs, o.lots, l.ids as lots_made
            from order_points o
            full join entries e using (order_id)
            full join lots l using (order_id)
            where coalesce(o.posted, -1) <> coalesce(e.points, 0) or not e.theirs
               or not (coalesce(l.ids, '{}') @> o.lots and o.lots @> coalesce(l.ids, '{}')
                       and cardinality(o.lots) = coalesce(cardinality(l.ids), 0))
        """,
    ),
)
