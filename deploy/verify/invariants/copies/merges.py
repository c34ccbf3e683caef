"""Which customers are one (P12): announced, the same in every service, and what profile made of it."""

from deploy.verify.included import the_same
from deploy.verify.invariant import CUT, Rows, Within

KEPT = "select merge_id as key, absorbed_id, root_id, merged_at, unmerged_at from customer_merge"

INVARIANTS = (
    the_same(
        "merges_agree",
        "which customers are one, since when and until when, is the same in every service",
        *((Rows("profile", KEPT), Rows(service, KEPT)) for service in ("gateway", "tiering", "complaint", "loyalty")),
    ),
    Within(
        "merges_announced",
        "every merge was announced for both customers, and its undoing too, and was decided by somebody",
        ("profile",),
        checked="select count(*) from customer_merge",
        offending=f"""
            with announced as (
                select (p ->> 'merge_id')::uuid as merge_id, (p ->> 'customer_id')::uuid as customer_id,
                       (p ->> 'root_id')::uuid as root_id, (p ->> 'absorbed_id')::uuid as absorbed_id,
                       (p ->> 'merged_at')::timestamptz as merged_at, (p ->> 'unmerged_at')::timestamptz as unmerged_at
                from (select payload::jsonb as p from outbox
                      where type in ('profile.customers_merged.v1', 'profile.customers_unmerged.v1')) as events
            ), owed as (
                select merge_id, side.id as customer_id, root_id, absorbed_id, merged_at, ended.at as unmerged_at
                from customer_merge m
                cross join lateral (values (root_id), (absorbed_id)) as side (id)
                cross join lateral (select null::timestamptz as at union all
                                    select m.unmerged_at where m.unmerged_at is not null) as ended
            )
            select o.merge_id, o.customer_id, 'not announced' as fault from (table owed except table announced) as o
            where coalesce(o.unmerged_at, o.merged_at) >= {CUT}
            union all
            select a.merge_id, a.customer_id, 'announced, and not so' from (table announced except table owed) as a
            union all
            select merge_id, absorbed_id, 'decided by nobody' from customer_merge m full join merge_decision d
                using (merge_id)
            where m.merge_id is null or d.merge_id is null or (m.unmerged_at is null) <> (d.unmerged_by is null)
        """,
    ),
    Within(
        "merges_nested",
        "of one customer the last merge was the first undone, nobody is absorbed twice, and nobody by itself",
        ("profile",),
        checked="select count(*) from customer_merge",
        offending="""
            select earlier.merge_id, later.merge_id as later_id, earlier.root_id
            from customer_merge earlier join customer_merge later
                on later.merge_id <> earlier.merge_id and later.merged_at >= earlier.merged_at
               and later.merged_at < coalesce(earlier.unmerged_at, 'infinity')
               and (later.root_id in (earlier.root_id, earlier.absorbed_id)
                    or later.absorbed_id in (earlier.root_id, earlier.absorbed_id))
            where later.merged_at = earlier.merged_at  -- their instants grow
               or earlier.absorbed_id in (later.root_id, later.absorbed_id)  -- it is somebody else's part by then
               or coalesce(later.unmerged_at, 'infinity') > coalesce(earlier.unmerged_at, 'infinity')
        """,
    ),
    Within(
        "merged_customers",
        "who stands for a customer in profile follows from the merges in force, and what is one is of one kind",
        ("profile",),
        checked="select count(*) from customer where root_id is not null",
        offending="""
            with recursive above (customer_id, root_id) as (
                select absorbed_id, root_id from customer_merge where unmerged_at is null
                union
                select a.customer_id, m.root_id from above a join customer_merge m on m.absorbed_id = a.root_id
                where m.unmerged_at is null
            ), stands as (
                select customer_id, root_id from above a
                where not exists (select from customer_merge m
                                  where m.absorbed_id = a.root_id and m.unmerged_at is null)
                union
                select root_id, root_id from above a
                where not exists (select from customer_merge m
                                  where m.absorbed_id = a.root_id and m.unmerged_at is null)
            )
            select coalesce(s.customer_id, c.id) as customer_id, s.root_id as follows, c.root_id as written
            from stands s full join (select id, root_id from customer where root_id is not null) as c
                on c.id = s.customer_id
            where s.root_id is distinct from c.root_id
            union all
            select min(id::text)::uuid, root_id, null from customer where root_id is not null and kind <> 'unknown'
            group by root_id having count(distinct kind) > 1
        """,
    ),
)
