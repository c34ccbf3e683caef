"""Policies and privileges: one policy in force, approved by a second person; what a person set is what holds."""

from deploy.verify.invariant import Within

INVARIANTS = (
    Within(
        "tier_policies",
        "a tier policy is in force, and what is noted as simulated was simulated by that run",
        ("tiering",),
        checked="select count(*) from rule_set_version where kind = 'tier-policies'",
        offending="""
            select null::uuid as policy_id, null::int as version, 'no policy in force' as fault
            where not exists (select from rule_set_version where kind = 'tier-policies' and effective_from <= now()
                                and (effective_to is null or effective_to > now()))
            union all
            select s.id, s.version, 'noted as simulated' from rule_set_step s
            left join evaluation_run r on r.run_id = s.reference and r.policy_id = s.id and r.policy_version = s.version
            where s.kind = 'tier-policies' and s.step = 'simulated' and r.result is distinct from 'simulated'
            union all
            select r.policy_id, r.policy_version, 'simulated and not noted' from evaluation_run r
            where r.result = 'simulated' and not exists (select from rule_set_step s where s.reference = r.run_id)
        """,
    ),
    Within(
        "tier_privileges",
        "an override or a promise that is on is what the customer's standing says, and none is on that it does not say",
        ("tiering",),
        checked="select count(*) from tier_privilege",
        offending="""
            select s.customer_id, o.privilege_id, 'override' as fault from standing s
            full join (
                select * from tier_privilege where kind = 'override' and ended_at is null and until > now()
            ) o using (customer_id)
            where s.overridden_until is distinct from o.until and coalesce(s.overridden_until, o.until) > now()
            union all
            select s.customer_id, r.privilege_id, 'retention' from standing s
            full join (select * from tier_privilege where kind = 'retention' and ended_at is null) r using (customer_id)
            where s.promised_until is distinct from r.until
        """,
    ),
)
