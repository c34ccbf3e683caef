"""Policies of every kind, their approval, what people set by hand, and a history without gaps (T2-T7, T9, T10)."""

import json

from alembic import op
from sqlalchemy import text

from services.tiering_svc.domain.shipped import AUTHOR, SHIPPED

revision = "2026_11_22_2_policies"
down_revision = "2026_11_22_1_facts"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    """alter table tier_policy
           drop constraint tier_policy_status_check,
           add constraint tier_policy_status_check check (status in ('draft', 'approved', 'active', 'retired')),
           add approved_by text,
           add approved_at timestamptz,
           add constraint tier_policy_four_eyes check (approved_by <> author)""",
    # Who put a version into which state, and when. A simulation is told by its run.
    """create table tier_policy_step (
           step_id bigint generated always as identity primary key,
           policy_id uuid not null,
           version int not null,
           status text not null check (status in ('draft', 'approved', 'active', 'retired')),
           at timestamptz not null,
           by text not null,
           foreign key (policy_id, version) references tier_policy
       )""",
    "create index tier_policy_step_of on tier_policy_step (policy_id, version, step_id)",
    """insert into tier_policy_step (policy_id, version, status, at, by)
       select policy_id, version, 'draft', created_at, author from tier_policy""",
    """insert into tier_policy_step (policy_id, version, status, at, by)
       select policy_id, version, 'active', activated_at, activated_by from tier_policy where activated_at is not null
       order by activated_at""",
    """insert into tier_policy_step (policy_id, version, status, at, by)
       select policy_id, version, 'retired', retired_at, coalesce(activated_by, author) from tier_policy
       where retired_at is not null order by retired_at""",
    # A version is what it was when it was written: only its state changes.
    """create function tier_policy_is_immutable() returns trigger language plpgsql as $$
       begin
           if (new.policy_id, new.version, new.name, new.document, new.author, new.created_at)
              is distinct from (old.policy_id, old.version, old.name, old.document, old.author, old.created_at) then
               raise exception 'a version of a policy is never changed' using errcode = 'check_violation';
           end if;
           return new;
       end $$""",
    """create trigger tier_policy_is_immutable before update on tier_policy
       for each row execute function tier_policy_is_immutable()""",
    # T10: what a person set for one customer: a tier until a date, or that the tier is kept until a date.
    """create table tier_privilege (
           privilege_id uuid primary key,
           customer_id uuid not null references standing,
           kind text not null check (kind in ('override', 'retention')),
           tier text not null,
           starts_at timestamptz not null,
           until timestamptz not null,
           reason text not null,
           set_by text not null,
           set_at timestamptz not null,
           ended_at timestamptz,
           ended_by text,
           ended_because text,
           check (until > starts_at),
           check ((ended_at is null) = (ended_because is null))
       )""",
    "alter table standing add promised_until timestamptz",
    "create index tier_privilege_of on tier_privilege (customer_id, starts_at)",
    """create unique index tier_privilege_one_on on tier_privilege (customer_id, kind) where ended_at is null""",
    """insert into tier_privilege (privilege_id, customer_id, kind, tier, starts_at, until, reason, set_by, set_at,
           ended_at, ended_because)
       select h.id, h.customer_id, 'override', h.tier, lower(h.effective), (h.reasons ->> 'until')::timestamptz,
              coalesce(h.reasons ->> 'reason', ''), coalesce(h.reasons ->> 'by', ''), h.recorded_at,
              case when s.row_id is distinct from h.id or s.overridden_until is null
                   then coalesce(upper(h.effective), h.superseded_at, (h.reasons ->> 'until')::timestamptz) end,
              case when s.row_id is distinct from h.id or s.overridden_until is null then 'over' end
       from tier_history h left join standing s using (customer_id)
       where h.kind = 'override' and (h.reasons ->> 'until')::timestamptz > lower(h.effective)""",
    # The history has no gap: a row begins where another one ends, unless it is the first. (No overlap and one open row
    # are constraints already.) One look-up a new row; without sequential scans, because the plan of a function is kept
    # from when the table was small.
    """create function tier_history_has_no_gap() returns trigger language plpgsql set enable_seqscan = off as $$
       declare
           wrong uuid;
       begin
           select a.customer_id into wrong from added a
           where a.superseded_at is null and (
               select bool_or(upper(h.effective) = lower(a.effective)) from tier_history h
               where h.customer_id = a.customer_id and h.superseded_at is null and h.id <> a.id
                 and lower(h.effective) < lower(a.effective)
           ) is false limit 1;
           if found then
               raise exception 'the history of customer % has a gap', wrong
                   using errcode = 'exclusion_violation', constraint = 'tier_history_no_gap';
           end if;
           return null;
       end $$""",
    """create trigger tier_history_no_gap after insert on tier_history
       referencing new table as added for each statement execute function tier_history_has_no_gap()""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    ship_policies()


def ship_policies() -> None:
    """One of each kind, as drafts to look at and change; a database that has some of them already keeps those."""
    for shipped in SHIPPED:
        op.get_bind().execute(
            text(
                """with added as (
                       insert into tier_policy (policy_id, version, name, document, status, author, created_at)
                       values (:id, 1, cast(:name as jsonb), cast(:document as jsonb), 'draft', :author, now())
                       on conflict do nothing returning policy_id, version, created_at, author
                   )
                   insert into tier_policy_step (policy_id, version, status, at, by)
                   select policy_id, version, 'draft', created_at, author from added"""
            ),
            {
                "id": shipped.policy_id,
                "name": json.dumps(shipped.names),
                "document": json.dumps(shipped.document),
                "author": AUTHOR,
            },
        )


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
