"""The contact log (P6) and group customers (P2)."""

from alembic import op

revision = "2026_11_22_contacts_and_groups"
down_revision = "2026_11_21_first_tables"
branch_labels = None
depends_on = None

STATEMENTS = (
    """create table contact_log (
        id uuid primary key,
        customer_id uuid not null references customer,
        contacted_at timestamptz not null,
        channel text not null constraint contact_log_channel check (
            channel in ('call', 'visit', 'email', 'fax', 'letter', 'chat', 'meeting')),
        employee_id text not null references employee,
        said text not null,
        partner text,
        position text,
        next_step text,
        next_step_on date,
        next_step_owner text references employee,
        completed_at timestamptz,
        outcome text,
        recorded_at timestamptz not null,
        recorded_by text not null,
        constraint contact_log_next_step check (
            (next_step is null) = (next_step_on is null) and (next_step is null) = (next_step_owner is null)),
        constraint contact_log_completed check (completed_at >= contacted_at and next_step is not null
            or completed_at is null and outcome is null)
    )""",
    "create index contact_log_customer on contact_log (customer_id, contacted_at, id)",
    """create index contact_log_open_steps on contact_log (next_step_owner, next_step_on)
       where next_step is not null and completed_at is null""",
    """create table group_membership (
        customer_id uuid not null references customer,
        parent_id uuid not null references customer,
        since timestamptz not null,
        until timestamptz,
        primary key (customer_id, since),
        constraint group_membership_other check (customer_id <> parent_id),
        constraint group_membership_times check (until > since),
        constraint group_one_parent exclude using gist (customer_id with =, tstzrange(since, until) with &&)
    )""",
    "create index group_membership_parent on group_membership (parent_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
