-- What is shipped: in force since ever by the system, or a draft that a person may put in force.
-- `rule_sets` is a JSON array of {kind, id, slot, name or null, document, status: active or draft}.
with shipped as (
    select r ->> 'kind' as kind, (r ->> 'id')::uuid as id, r ->> 'slot' as slot, nullif(r -> 'name', 'null') as name,
           r -> 'document' as document, r ->> 'status' as status, r ->> 'status' = 'active' as active
    from jsonb_array_elements(cast(:rule_sets as jsonb)) r
), written as (
    insert into rule_set_version (id, version, kind, slot, name, document, status, author, created_at, activated_by,
                                  activated_at, effective_from)
    select id, 1, kind, slot, name, document, status, 'system', now(), case when active then 'system' end,
           case when active then now() end, case when active then timestamptz '1800-01-01 00:00:00+00' end
    from shipped
    returning *
)
insert into rule_set_step (kind, id, version, step, at, by, effective_from)
select kind, id, version, step, created_at, author, case when step = 'active' then effective_from end
from written cross join lateral (values (1, 'draft'), (2, 'active')) as life(place, step)
where step in ('draft', status) order by place, kind, id
