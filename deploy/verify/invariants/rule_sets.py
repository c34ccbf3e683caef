"""Rule sets: nobody put rules of their own in force, the history says what the versions say, nothing is left open."""

from deploy.verify.invariant import Within

SERVICES = ("tiering", "complaint", "loyalty")

INVARIANTS = (
    Within(
        "rule_sets",
        "every version of a rule set is what its last step says, and was approved by somebody else than its author",
        SERVICES,
        checked="select count(*) from rule_set_version",
        offending="""
            select v.kind, v.id, v.version, 'its last step is another state' as fault from rule_set_version v
            left join lateral (
                select step, effective_from from rule_set_step s
                where s.id = v.id and s.version = v.version
                  and s.step in ('draft', 'approved', 'active', 'retired', 'rejected')
                order by step_id desc limit 1
            ) s on true
            where s.step is distinct from v.status or (v.status = 'retired' and s.effective_from <> v.effective_to)
            union all
            select kind, id, version, 'approved by its author, or by nobody' from rule_set_version
            where approved_by = author
               or (status in ('approved', 'active', 'retired') and approved_by is null and author <> 'system')
        """,
    ),
    Within(
        "rule_set_documents",
        "every version of a rule set says what it said when it was written",
        SERVICES,
        checked="select count(*) from rule_set_version",
        offending="""
            select kind, id, version, fingerprint, md5(coalesce(name::text, '') || document::text) as now
            from rule_set_version where fingerprint <> md5(coalesce(name::text, '') || document::text)
        """,
    ),
    Within(
        "rule_sets_in_force",
        "of rules of which one version is in force at any time, one is: none ends but where another begins",
        SERVICES,
        checked="select count(distinct kind) from rule_set_version where slot = ''",
        offending="""
            select kind, null::uuid as id, null::int as version, 'not one of them is in force without end' as fault
            from rule_set_version where slot = '' and effective_from is not null
            group by kind having count(*) filter (where effective_to is null) <> 1
            union all
            select s.kind, s.id, s.version, 'it ends where no other begins' from rule_set_step s
            join rule_set_version v using (id, version)
            where v.slot = '' and s.step = 'retired' and not exists (
                select from rule_set_step n where n.kind = s.kind and n.step = 'active' and n.at = s.at
                  and n.effective_from = s.effective_from)
            union all
            select v.kind, v.id, v.version, 'in force beside another of its slot' from rule_set_version v
            join rule_set_version o on o.kind = v.kind and o.slot = v.slot and (o.id, o.version) > (v.id, v.version)
             and tstzrange(o.effective_from, o.effective_to) && tstzrange(v.effective_from, v.effective_to)
            where v.effective_from is not null and o.effective_from is not null
        """,
    ),
)
