-- Rule sets: documents of rules in versions, with who put which in force from when to when.

create extension if not exists btree_gist;

create table rule_set_version (
    id uuid not null,
    version int not null check (version > 0),
    kind text not null,
    slot text not null,
    name jsonb,
    document jsonb not null,
    fingerprint text not null,
    status text not null check (status in ('draft', 'approved', 'active', 'retired', 'rejected')),
    author text not null,
    created_at timestamptz not null,
    note text,
    approved_by text,
    approved_at timestamptz,
    activated_by text,
    activated_at timestamptz,
    retired_by text,
    retired_at timestamptz,
    effective_from timestamptz,
    effective_to timestamptz,
    primary key (id, version),
    constraint rule_set_four_eyes check (approved_by <> author),
    constraint rule_set_is_approved check (
        status in ('draft', 'rejected') or approved_by is not null or author = 'system'),
    constraint rule_set_interval check (
        (status in ('active', 'retired')) = (effective_from is not null)
        and (status = 'retired') = (effective_to is not null) and effective_from <= effective_to),
    constraint rule_set_one_of_a_slot exclude using gist (
        kind with =, slot with =, tstzrange(effective_from, effective_to) with &&)
        where (effective_from is not null) deferrable,
    constraint rule_set_one_version exclude using gist (id with =, tstzrange(effective_from, effective_to) with &&)
        where (effective_from is not null) deferrable
);

create index rule_set_of_kind on rule_set_version (kind, id, version desc);

create table rule_set_step (
    step_id bigint generated always as identity primary key,
    kind text not null,
    id uuid not null,
    version int not null,
    step text not null,
    at timestamptz not null,
    by text not null,
    effective_from timestamptz,
    note text,
    reference uuid,
    foreign key (id, version) references rule_set_version,
    check ((step in ('active', 'retired')) = (effective_from is not null))
);

create index rule_set_step_of_kind on rule_set_step (kind, id, step_id);

create function rule_set_fingerprint() returns trigger language plpgsql as $$ begin
    new.fingerprint := md5(coalesce(new.name::text, '') || new.document::text);
    return new;
end $$;

create trigger rule_set_fingerprint before insert on rule_set_version
    for each row execute function rule_set_fingerprint();

create function rule_set_is_immutable() returns trigger language plpgsql as $$ begin
    if (new.id, new.version, new.kind, new.slot, new.name, new.document, new.author, new.created_at, new.fingerprint)
       is distinct from
       (old.id, old.version, old.kind, old.slot, old.name, old.document, old.author, old.created_at, old.fingerprint)
    then
        raise check_violation using message = 'a version of a rule set is never changed';
    end if;
    return new;
end $$;

create trigger rule_set_is_immutable before update on rule_set_version
    for each row execute function rule_set_is_immutable();

create trigger rule_set_version_is_kept before delete on rule_set_version
    for each row execute function refuse_change();

create function rule_set_step_is_immutable() returns trigger language plpgsql as $$ begin
    if tg_op = 'UPDATE' and to_jsonb(new) - 'note' = to_jsonb(old) - 'note' and new.note is null
    then
        return new; -- a note is erased
    end if;
    raise check_violation using message = 'the history of rule sets is never changed';
end $$;

create trigger rule_set_step_is_immutable before update or delete on rule_set_step
    for each row execute function rule_set_step_is_immutable();
