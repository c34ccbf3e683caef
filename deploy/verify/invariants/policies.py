"""Policies and privileges: one policy in force, approved by a second person; what a person set is what holds."""

from deploy.verify.invariant import Within

INVARIANTS = (
    Within(
        "tier_policies",
        "one tier policy is in force, every version's state is its last step, and nobody approved his own",
        ("tiering",),
        checked="select count(*) from tier_policy",
        offending="""
            select null::uuid as policy_id, null::int as version, 'not one policy in force' as fault
            where (select count(*) from tier_policy where status = 'active') <> 1
            union all
            select p.policy_id, p.version, 'its last step is another state' from tier_policy p
            left join lateral (
                select status from tier_policy_step s where s.policy_id = p.policy_id and s.version = p.version
                order by step_id desc limit 1
            ) s on true
            where s.status is distinct from p.status
            union all
            select policy_id, version, 'approved by its author' from tier_policy where approved_by = author
        """,
    ),
    Within(
        "tier_privileges",
        "an override or a promise that is on is what the customer's standing says, and none is on that it does not say",
        ("tiering",),
        checked="select count(*) from tier_privilege",
        offending="""
            select s.customer_id, o.privilege_id, 'override' as fault from standing s
            full join (select * from tier_privilege where kind = 'override' and ended_at is null) o using (customer_id)
            where (s.overridden_until is null) <> (o.privilege_id is null)
               or s.overridden_until <> o.until or (o.privilege_id is not null and s.row_id <> o.privilege_id)
            union all
            select s.customer_id, r.privilege_id, 'retention' from standing s
            full join (select * from tier_privilege where kind = 'retention' and ended_at is null) r using (customer_id)
            where s.promised_until is distinct from r.until
        """,
    ),
)
