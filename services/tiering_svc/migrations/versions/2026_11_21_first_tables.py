"""Tiering's first tables: facts and their months, policies, standings, the history and its guards, reviews."""

import json
import os
from zoneinfo import ZoneInfo

from alembic import op
from sqlalchemy import text

from services.tiering_svc.domain.shipped import AUTHOR, SHIPPED
from shared.chassis import tables as chassis_tables
from shared.messaging import tables as messaging_tables

revision = "2026_11_21_first_tables"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create extension if not exists btree_gist;

create table business (
    only_one int primary key check (only_one = 1),
    time_zone text not null,
    currency text not null
);

create table order_fact (
    customer_id uuid not null,
    placed_at timestamptz not null,
    order_id uuid not null,
    month date not null,
    amount numeric(18, 4) not null,
    margin numeric(18, 4),
    quantity bigint not null check (quantity > 0),
    returned_amount numeric(18, 4) not null default 0,
    returned_margin numeric(18, 4) default 0,
    returned_quantity bigint not null default 0,
    recorded_at timestamptz not null,
    primary key (customer_id, placed_at, order_id)
) with (fillfactor = 95);

create table order_change (
    customer_id uuid not null,
    at timestamptz not null,
    change_id uuid not null,
    order_id uuid not null,
    kind text not null check (kind in ('return', 'cancellation')),
    month date not null,
    amount numeric(18, 4) not null,
    margin numeric(18, 4),
    quantity bigint not null,
    recorded_at timestamptz not null,
    primary key (customer_id, at, change_id)
);

create table indicator_month (
    customer_id uuid not null,
    month date not null,
    orders int not null default 0 check (orders >= 0),
    amount numeric(18, 4) not null default 0,
    margin numeric(18, 4),
    margin_known_amount numeric(18, 4) not null default 0,
    largest_order numeric(18, 4),
    first_order_at timestamptz,
    last_order_at timestamptz,
    returned_amount numeric(18, 4) not null default 0,
    returned_count int not null default 0,
    primary key (customer_id, month)
) with (fillfactor = 80);

create table receivable_fact (
    receivable_id uuid primary key,
    customer_id uuid not null,
    amount numeric(18, 4) not null,
    issued_on date not null,
    due_on date not null,
    recorded_at timestamptz not null
);
create index receivable_of_customer on receivable_fact (customer_id, issued_on);

create table payment_fact (
    payment_id uuid primary key,
    receivable_id uuid not null,
    customer_id uuid not null,
    amount numeric(18, 4) not null,
    paid_at timestamptz not null,
    month date not null,
    recorded_at timestamptz not null
);
create index payment_of_customer on payment_fact (customer_id, month);

create table tier_policy (
    policy_id uuid not null,
    version int not null check (version > 0),
    name jsonb not null,
    document jsonb not null,
    status text not null check (status in ('draft', 'active', 'retired')),
    author text not null,
    created_at timestamptz not null,
    activated_by text,
    activated_at timestamptz,
    retired_at timestamptz,
    primary key (policy_id, version)
);
create unique index tier_policy_one_active on tier_policy (status) where status = 'active';

create table evaluation_run (
    run_id uuid primary key,
    as_of timestamptz not null,
    apply boolean not null,
    simulated_because text,
    status text not null check (status in ('collecting', 'waiting', 'running', 'applied', 'simulated')),
    policy_id uuid not null,
    policy_version int not null,
    heads_after text not null default '',
    cutoffs jsonb,
    cursor uuid,
    customers int not null default 0,
    outcomes jsonb not null default '{}',
    requested_by text not null,
    requested_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    foreign key (policy_id, policy_version) references tier_policy
);
create index evaluation_unfinished on evaluation_run (requested_at) where finished_at is null;
create index evaluation_applied on evaluation_run (as_of) where status = 'applied';

create table evaluation_head (
    run_id uuid not null references evaluation_run on delete cascade,
    key text not null,
    seq bigint not null,
    primary key (run_id, key)
);

create table evaluation_mover (
    run_id uuid not null references evaluation_run on delete cascade,
    customer_id uuid not null,
    outcome text not null check (outcome in ('placed', 'up', 'down', 'grace')),
    from_tier text,
    to_tier text not null,
    graded text not null,
    primary key (run_id, customer_id)
);

create table standing (
    customer_id uuid primary key,
    tier text,
    rank int not null default 0,
    since timestamptz,
    row_id uuid,
    kind text,
    policy_id uuid,
    policy_version int,
    cutoffs_of uuid,
    ladder text,
    floor_tier text,
    floor_rank int not null default 0,
    below_since timestamptz,
    grace_until timestamptz,
    retained_until timestamptz,
    overridden_until timestamptz,
    check ((tier is null) = (since is null) and (tier is null) = (row_id is null))
) with (fillfactor = 80);

create table customer_source (
    customer_id uuid not null references standing,
    source text not null,
    primary key (customer_id, source)
);

create table tier_history (
    id uuid primary key,
    customer_id uuid not null references standing,
    previous_tier text,
    tier text not null,
    rank int not null,
    kind text not null check (kind in ('first', 'upgrade', 'downgrade', 'correction', 'override')),
    effective tstzrange not null check (not isempty(effective) and not lower_inf(effective)),
    recorded_at timestamptz not null,
    superseded_at timestamptz,
    policy_id uuid not null,
    policy_version int not null,
    run_id uuid,
    reasons jsonb not null,
    constraint tier_history_no_overlap exclude using gist (customer_id with =, effective with &&)
        where (superseded_at is null)
);
create unique index tier_history_one_open on tier_history (customer_id)
    where superseded_at is null and upper_inf(effective);
create index tier_history_of_customer on tier_history (customer_id, recorded_at);
create index tier_history_recorded on tier_history using brin (recorded_at)
"""


def upgrade() -> None:
    messaging_tables.create(op)
    chassis_tables.create(op)
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    fix_the_business()
    install_policies()


def fix_the_business() -> None:
    """Months and money are counted in one zone and one currency from the first start on."""
    zone = os.environ.get("PATRON_TIME_ZONE", "UTC")
    ZoneInfo(zone)
    op.get_bind().execute(
        text("insert into business (only_one, time_zone, currency) values (1, :zone, :currency)"),
        {"zone": zone, "currency": os.environ.get("PATRON_CURRENCY", "USD")},
    )


def install_policies() -> None:
    for position, shipped in enumerate(SHIPPED):
        op.get_bind().execute(
            text(
                """insert into tier_policy (policy_id, version, name, document, status, author, created_at,
                       activated_by, activated_at)
                   values (:id, 1, cast(:name as jsonb), cast(:document as jsonb), :status, :author, now(),
                       case when :status = 'active' then :author end, case when :status = 'active' then now() end)"""
            ),
            {
                "id": shipped.policy_id,
                "name": json.dumps(shipped.names),
                "document": json.dumps(shipped.document),
                "status": "draft" if position else "active",
                "author": AUTHOR,
            },
        )
