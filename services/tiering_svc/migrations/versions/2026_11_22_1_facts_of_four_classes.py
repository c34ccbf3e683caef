"""Facts of the four classes of indicators (T1)."""

from alembic import op

revision = "2026_11_22_1_facts"
down_revision = "2026_11_21_first_tables"
branch_labels = None
depends_on = None

STATEMENTS = (
    """create table contact_fact (
        entry_id uuid primary key,
        customer_id uuid not null,
        employee_id text not null,
        channel text not null,
        contacted_at timestamptz not null,
        next_step_on date,
        next_step_owner text,
        recorded_at timestamptz not null,
        completed_at timestamptz,
        completion_recorded_at timestamptz,
        check ((completed_at is null) = (completion_recorded_at is null))
    )""",
    "create index contact_of_customer on contact_fact (customer_id, contacted_at)",
    """create table case_fact (
        case_id uuid primary key,
        customer_id uuid,
        customer_recorded_at timestamptz,
        kind text,
        filed_at timestamptz,
        filed_recorded_at timestamptz,
        check ((customer_id is null) = (customer_recorded_at is null)),
        check ((kind is null) = (filed_at is null) and (kind is null) = (filed_recorded_at is null))
    )""",
    "create index case_of_customer on case_fact (customer_id)",
    """create table case_change (
        case_id uuid not null,
        changed_at timestamptz not null,
        what text not null check (what in ('closed', 'reopened')),
        satisfaction int,
        recorded_at timestamptz not null,
        primary key (case_id, changed_at, what)
    )""",
    """create table customer_traits (
        customer_id uuid not null,
        seq bigint not null,
        changed_at timestamptz not null,
        recorded_at timestamptz not null,
        kind text not null,
        region text,
        industry text,
        legal_nature text,
        acquisition_source text,
        listed boolean,
        employees bigint,
        registered_capital numeric(18, 4),
        annual_sales numeric(18, 4),
        founded_year int,
        age_band text,
        income_band text,
        household_size text,
        completeness int not null,
        primary key (customer_id, seq)
    )""",
    """create table group_parent (
        customer_id uuid not null,
        since timestamptz not null,
        parent_id uuid,
        recorded_at timestamptz not null,
        primary key (customer_id, since)
    )""",
    "create index group_parent_children on group_parent (parent_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
