"""Tiers: a history without gap or overlap and with one open row, the same in every service's copy of it."""

from deploy.verify.invariant import CUT, Between, Rows, Within

VALID = "(select * from tier_history where superseded_at is null)"

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
    Within(
        "tiers_announced",
        "the tails that were announced of a customer's history, each replacing the one before it, make its history",
        ("tiering",),
        checked="select count(*) from tier_history",
        offending=f"""
            with tails as (
                select p, (p ->> 'customer_id')::uuid as customer_id, position,
                       (p -> 'periods' -> 0 ->> 'effective_from')::timestamptz as begins
                from (
                    select payload::jsonb as p, position from outbox where type = 'tiering.tier_changed.v1'
                ) as changes
            ), replaced as (
                select *, min(begins) over (
                    partition by customer_id order by position desc
                    rows between unbounded preceding and 1 preceding
                ) as replaced_from
                from tails
            ), announced as (
                select r.customer_id, d ->> 'tier' as tier, (d ->> 'rank')::int as rank, d ->> 'kind' as kind,
                       (d ->> 'effective_from')::timestamptz as since
                from replaced r cross join lateral jsonb_array_elements(p -> 'periods') as d
                where replaced_from is null or (d ->> 'effective_from')::timestamptz < replaced_from
            )
            select coalesce(h.customer_id, a.customer_id) as customer_id, h.id, coalesce(h.tier, a.tier) as tier,
                   coalesce(lower(h.effective), a.since) as since
            from (select * from {VALID} as valid) h
            full join announced a on a.customer_id = h.customer_id and a.since = lower(h.effective)
            where h.id is null or (a.customer_id is null and h.recorded_at >= {CUT})
               or (a.customer_id is not null and (h.tier, h.rank, h.kind) is distinct from (a.tier, a.rank, a.kind))
        """,
    ),
    Between(
        "tiers_in_ledger",
        "the ledger multiplies by the tiers that tiering has in force",
        Rows(
            "tiering",
            f"select id as key, customer_id, tier, lower(effective) as since from {VALID} as valid",
            of_streams=f"select id as key from tier_history where customer_id::text = any($1) and recorded_at < {CUT}",
        ),
        Rows(
            "loyalty",
            "select change_id as key, customer_id, tier, effective_from as since from tier_copy where not superseded",
        ),
    ),
    Between(
        "tiers_in_complaint",
        "complaint's copy of every customer's tier is where the customer stands",
        Rows("tiering", "select customer_id as key, tier, rank from standing where tier is not null"),
        Rows("complaint", "select customer_id as key, tier, rank from tier_copy where tier is not null"),
    ),
    Between(
        "tiers_in_overview",
        "the overview shows where the customer stands",
        Rows("tiering", "select customer_id as key, tier, rank, since from standing where tier is not null"),
        Rows(
            "profile",
            """select customer_id as key, tier, tier_rank as rank, tier_since as since from overview
               where tier is not null""",
        ),
    ),
)
