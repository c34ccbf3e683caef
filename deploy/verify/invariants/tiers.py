"""Tiers: a history without gap or overlap and with one open row, which is what the facts give, the same in every
service's copy of it."""

from deploy.verify import tier_lives
from deploy.verify.invariant import CUT, Between, Rows, Within
from deploy.verify.recomputed import Recomputed

VALID = "(select * from tier_history where superseded_at is null)"


def key_of(since: str) -> str:
    """SQL that names a tier period by its customer and its beginning: a row made anew for its reasons alone is not
    announced, so ids may differ."""
    return f"customer_id || ' ' || to_char({since} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"


KEY = key_of("lower(effective)")


def history_in_force(columns: str) -> Rows:
    """Every period that tiering has in force, with these columns of it."""
    return Rows(
        "tiering",
        f"select {KEY} as key, customer_id, {columns}, lower(effective) as since from {VALID} as valid",
        of_events=f"""select {KEY} as key from tier_history
                      where customer_id::text in (select key from outbox where event_id = any($1))""",
        of_streams=f"select {KEY} as key from tier_history where customer_id::text = any($1) and recorded_at < {CUT}",
    )


# The rises of policies whose grade SQL can work out by itself: bands of one sum of orders, without conditions. Nothing
# of tiering's own code is asked, so that a fault in the fold is seen, too, which recomputing by the fold repeats.
GRADED_BY_SUMS = f"""
with policy as (
    select id, version, coalesce(document ->> 'indicator', 'amount') as indicator,
           make_interval(months => (document #>> '{{window,months}}')::int) as months,
           coalesce((document #>> '{{life,up_at_once}}')::boolean, true) as up_at_once, document
    from rule_set_version
    where kind = 'tier-policies' and document ->> 'kind' = 'single_indicator'
      and coalesce(document ->> 'indicator', 'amount') in ('amount', 'orders')
      and coalesce(document ->> 'better', 'more') = 'more'
      and coalesce(document -> 'conditions', '[]') in ('[]', 'null')
), band as (
    select p.id, p.version, level.place::int - 1 as rank, (band ->> 'from')::numeric as start
    from policy p cross join jsonb_array_elements(p.document -> 'bands') as band
    join lateral jsonb_array_elements(p.document -> 'levels') with ordinality as level(level, place)
      on level.level ->> 'code' = band ->> 'tier'
), graded as (
    select h.customer_id, h.id, lower(h.effective) as since, h.kind, h.tier, h.rank, net.value,
           case when h.kind = 'first' and h.reasons ->> 'trigger' = 'order' and not p.up_at_once then 0
                else coalesce((select max(b.rank) from band b
                               where (b.id, b.version) = (p.id, p.version) and b.start <= net.value), 0) end as given
    from {VALID} as h
    join policy p on (p.id, p.version) = (h.policy_id, h.policy_version)
    cross join business
    cross join lateral (  -- P12: who are one by then are graded by the orders of all
        select case when exists (select from customer_merge) then array(
            with recursive one (customer_id) as (
                select h.customer_id
                union
                select case when m.root_id = o.customer_id then m.absorbed_id else m.root_id end
                from one o join customer_merge m on o.customer_id in (m.root_id, m.absorbed_id)
                where m.unmerged_at is null and m.merged_at <= lower(h.effective)
            ) select customer_id from one
        ) else array[h.customer_id] end as ids
    ) as one
    cross join lateral (
        select case p.indicator when 'orders' then count(*) else coalesce(sum(o.amount - o.returned_amount), 0) end
                   as value
        from order_fact o
        where o.customer_id = any(one.ids) and o.placed_at <= lower(h.effective) and o.returned_quantity < o.quantity
          and o.month > date_trunc('month', lower(h.effective) at time zone business.time_zone) - p.months
    ) as net
    where h.kind in ('first', 'upgrade', 'correction') and h.reasons -> 'group' is null  -- P2: figures of all members
      and h.reasons ->> 'trigger' <> 'merge'  -- P12: it may be the tier that another one had
)"""

INVARIANTS = (
    Within(
        "tier_history",
        "every customer's tier history has no gap, no overlap and one open row, which is where the customer stands",
        ("tiering",),
        checked="select count(*) from tier_history",
        offending=f"""
            with periods as (
                select customer_id, id, tier, previous_tier, effective,
                       lead(lower(effective)) over w as next_from, lag(tier) over w as tier_before,
                       count(*) filter (where upper_inf(effective)) over (partition by customer_id) as open_rows
                from {VALID} as valid window w as (partition by customer_id order by lower(effective), id)
            )
            select customer_id, id, effective, 'ends otherwise than the next begins' as fault from periods
            where next_from is not null and upper(effective) is distinct from next_from
            union all
            select customer_id, id, effective, 'the last row is not open' from periods
            where next_from is null and not upper_inf(effective)
            union all
            select customer_id, id, effective, 'there are several open rows' from periods
            where open_rows > 1 and upper_inf(effective)
            union all
            select customer_id, coalesce(s.row_id, open.id), open.effective, 'the customer does not stand there'
            from standing s
            full join (select * from {VALID} as valid where upper_inf(effective)) as open using (customer_id)
            where (s.row_id, s.tier, s.rank, s.since)
                  is distinct from (open.id, open.tier, coalesce(open.rank, 0), lower(open.effective))
        """,
    ),
    Recomputed(
        "tier_lives",
        "every customer's tiers, reasons, watches and standing are what its facts give, worked out anew",
        "tiering",
        tier_lives.CUSTOMERS,
        tier_lives.begin,
    ),
    Within(
        "tier_grades",
        "a rise by bands of amount or orders is to the level of the window's net sum; a correction is not below it",
        ("tiering",),
        checked=f"{GRADED_BY_SUMS} select count(*) from graded",
        offending=f"""
            {GRADED_BY_SUMS}
            select customer_id, since, kind, tier, rank, value, given as rank_by_sum from graded
            where (kind = 'correction' and rank < given) or (kind <> 'correction' and rank <> given)
        """,
    ),
    Within(
        "tiers_announced",
        "what was announced of every customer's tiers, tail after tail, is its history in force",
        ("tiering",),
        checked="select count(*) from tier_history",
        offending=f"""
            with tails as (
                select customer_id, seq, p -> 'periods' as periods,
                       least((p ->> 'changed_from')::timestamptz, (p #>> '{{periods,0,effective_from}}')::timestamptz)
                           as replaced_from
                from (select key::uuid as customer_id, seq, payload::jsonb as p
                      from outbox where type = 'tiering.tier_changed.v1') as changes
            ),
            lasting as (  -- with the earliest instant from which a later tail took its place
                select *, min(replaced_from) over (partition by customer_id order by seq
                    rows between 1 following and unbounded following) as replaced_later
                from tails
            ),
            announced as (
                select customer_id, period ->> 'tier' as tier, (period ->> 'rank')::int as rank,
                       period ->> 'kind' as kind, (period ->> 'effective_from')::timestamptz as since
                from lasting, jsonb_array_elements(periods) as period
                where replaced_later is null or (period ->> 'effective_from')::timestamptz < replaced_later
            ),
            decided as (
                select customer_id, tier, rank, kind, lower(effective) as since,
                       min(recorded_at) as recorded_at, bool_or(superseded_at is null) as in_force
                from tier_history group by customer_id, tier, rank, kind, lower(effective)
            )
            select customer_id, since, h.tier, h.kind, announced.tier as announced, announced.kind as announced_kind
            from (select * from decided where in_force) as h full join announced using (customer_id, since)
            where h.tier is null or (announced.tier is null and h.recorded_at >= {CUT})
               or (announced.tier is not null
                   and (h.tier, h.rank, h.kind) is distinct from (announced.tier, announced.rank, announced.kind))
        """,
    ),
    Within(
        "merged_tiers",
        "customers who are one have the same tiers from their merge on; an override that goes on begins once for each",
        ("tiering",),
        checked="select count(*) from customer_merge where unmerged_at is null",
        offending=f"""
            with periods as (
                select m.merge_id, h.customer_id, h.customer_id = m.root_id as of_root, h.tier, h.rank,
                       greatest(lower(h.effective), m.merged_at) as since
                from customer_merge m join {VALID} as h on h.customer_id in (m.root_id, m.absorbed_id)
                where m.unmerged_at is null and (upper_inf(h.effective) or upper(h.effective) > m.merged_at)
            )
            select merge_id, since, r.tier, a.tier as absorbed
            from (select * from periods where of_root) r
            full join (select * from periods where not of_root) a using (merge_id, since)
            where (r.tier, r.rank) is distinct from (a.tier, a.rank)
            union all
            select customer_id, max(lower(effective)), min(tier), 'an override of this customer began twice'
            from {VALID} as h where kind = 'override' group by customer_id, reasons ->> 'override_id'
            having count(*) > 1
        """,
    ),
    Between(
        "tiers_in_ledger",
        "the ledger multiplies by the tiers that tiering has in force, of every instant",
        history_in_force("tier"),
        Rows(
            "loyalty",
            f"select {key_of('effective_from')} as key, customer_id, tier, effective_from as since from tier_copy",
        ),
    ),
    Between(
        "tiers_in_complaint",
        "complaint promises by the tiers that tiering has in force, of every instant",
        history_in_force("tier, rank"),
        Rows(
            "complaint",
            f"""select {key_of("effective_from")} as key, customer_id, tier, rank, effective_from as since
                from tier_copy""",
        ),
    ),
    Between(
        "tiers_in_overview",
        "the overview shows where the customer stands",
        Rows("tiering", "select customer_id as key, tier, rank, since, kind from standing where tier is not null"),
        Rows(
            "profile",
            """select customer_id as key, tier, tier_rank as rank, tier_since as since, tier_kind as kind
               from overview where num_nonnulls(tier, tier_rank, tier_since, tier_kind) > 0""",
        ),
    ),
)
