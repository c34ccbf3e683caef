"""Retention and lifetime value (T13)."""

from alembic import op

revision = "2026_11_22_6_retention"
down_revision = "2026_11_22_5_warnings"
branch_labels = None
depends_on = None

STATEMENTS = (
    """create table retention_cost (
        entry_id uuid primary key,
        month date not null check (extract(day from month) = 1),
        purpose text not null check (purpose in ('win', 'keep')),
        channel text not null,
        amount numeric(18, 4) not null check (amount >= 0),
        recorded_by text not null,
        recorded_at timestamptz not null
    )""",
    "create index retention_cost_of on retention_cost (month, purpose, channel, recorded_at)",
    """create table lifetime_value_run (
        run_id uuid primary key,
        as_of timestamptz not null,
        known_at timestamptz not null,
        horizon_months int not null check (horizon_months between 1 and 120),
        discount_rate numeric(9, 4) not null check (discount_rate >= 0),
        status text not null check (status in ('fitting', 'valuing', 'finished', 'failed')),
        failure text,
        parameters jsonb,
        cursor uuid,
        customers int not null default 0,
        done int not null default 0,
        revenue numeric(24, 4) not null default 0,
        requested_by text not null,
        requested_at timestamptz not null,
        finished_at timestamptz,
        check ((status = 'failed') = (failure is not null)),
        check ((status in ('finished', 'failed')) = (finished_at is not null))
    )""",
    "create index lifetime_value_unfinished on lifetime_value_run (requested_at) where finished_at is null",
    "create index lifetime_value_runs on lifetime_value_run (requested_at, run_id)",
    """create table lifetime_value (
        run_id uuid not null references lifetime_value_run on delete cascade,
        customer_id uuid not null,
        frequency int not null check (frequency >= 0),
        recency_days int not null,
        age_days int not null check (age_days >= recency_days and recency_days >= 0),
        mean_value numeric(18, 4),
        margin_rate numeric(18, 4),
        chance_alive numeric(9, 4) check (chance_alive between 0 and 1),
        expected_orders numeric(18, 4),
        expected_value numeric(18, 4),
        revenue numeric(18, 4),
        margin numeric(18, 4),
        primary key (run_id, customer_id)
    )""",
    "create index lifetime_value_ranked on lifetime_value (run_id, (coalesce(revenue, -1)) desc, customer_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
