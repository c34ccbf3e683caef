"""The two tables of rule sets: the same in every service that has some, on the service's own metadata."""

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

Timestamp = DateTime(timezone=True)


class RuleSetTables(NamedTuple):
    version: Table
    step: Table


def rule_set_tables(metadata: MetaData) -> RuleSetTables:
    """`rule_set_version` and `rule_set_step`, declared on a service's metadata. `TABLES_SQL` makes them."""
    version = Table(  # what a version says never changes (a trigger holds that), its state does
        "rule_set_version",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("slot", Text, nullable=False),
        Column("name", JSONB),
        Column("document", JSONB, nullable=False),
        Column("fingerprint", Text, nullable=False),  # of name and document; a trigger computes it
        Column("status", Text, nullable=False),
        Column("author", Text, nullable=False),
        Column("created_at", Timestamp, nullable=False),
        Column("note", Text),
        Column("approved_by", Text),
        Column("approved_at", Timestamp),
        Column("activated_by", Text),
        Column("activated_at", Timestamp),
        Column("retired_by", Text),
        Column("retired_at", Timestamp),
        Column("effective_from", Timestamp),
        Column("effective_to", Timestamp),
    )
    step = Table(  # who brought which version into which state, since when; never changed
        "rule_set_step",
        metadata,
        Column("step_id", BigInteger, Identity(always=True), primary_key=True),
        Column("kind", Text, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("step", Text, nullable=False),
        Column("at", Timestamp, nullable=False),
        Column("by", Text, nullable=False),
        Column("effective_from", Timestamp),
        Column("note", Text),
        Column("reference", Uuid),
    )
    return RuleSetTables(version, step)


# To be pasted into a service's migration, which imports no live code. A line that ends in `;` ends a statement.
TABLES_SQL = """
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
    new.fingerprint := md5(coalesce(new.name::text, '') || new.document::text); return new; end $$;
create trigger rule_set_fingerprint before insert on rule_set_version
    for each row execute function rule_set_fingerprint();
create function rule_set_is_immutable() returns trigger language plpgsql as $$ begin
    if (new.id, new.version, new.kind, new.slot, new.name, new.document, new.author, new.created_at, new.fingerprint)
       is distinct from
       (old.id, old.version, old.kind, old.slot, old.name, old.document, old.author, old.created_at, old.fingerprint)
    then raise check_violation using message = 'a version of a rule set is never changed'; end if; return new; end $$;
create trigger rule_set_is_immutable before update on rule_set_version
    for each row execute function rule_set_is_immutable();
create function rule_set_step_is_immutable() returns trigger language plpgsql as $$ begin
    if tg_op = 'UPDATE' and to_jsonb(new) - 'note' = to_jsonb(old) - 'note' and new.note is null
    then return new; end if; raise check_violation using message = 'the history of rule sets is never changed'; end $$;
create trigger rule_set_step_is_immutable before update or delete on rule_set_step
    for each row execute function rule_set_step_is_immutable();
"""

# To be pasted beside it: one shipped rule set, in force since ever or a draft. Parameters: kind, id, slot (that of
# `RuleSetKind.slot`), name (JSON text or null), document (JSON text), status (active or draft).
SEED_SQL = """
with written as (
    insert into rule_set_version (id, version, kind, slot, name, document, status, author, created_at, activated_by,
                                  activated_at, effective_from)
    select :id, 1, :kind, :slot, cast(:name as jsonb), cast(:document as jsonb), status, 'system', now(),
           case when status = 'active' then 'system' end, case when status = 'active' then now() end,
           case when status = 'active' then timestamptz '1800-01-01 00:00:00+00' end
    from (select cast(:status as text) as status) as shipped
    returning *
)
insert into rule_set_step (kind, id, version, step, at, by, effective_from)
select kind, id, version, step, created_at, author, case when step = 'active' then effective_from end
from written cross join lateral (values (1, 'draft'), (2, 'active')) as life(place, step)
where step in ('draft', status) order by place
"""
