"""Settlements of cases nobody was identified in yet, and who such a case turned out to be of."""

from alembic import op

revision = "2026_11_26_settlements"
down_revision = "2026_11_22_old_months"
branch_labels = None
depends_on = None

STATEMENTS = (
    "create table anonymous_case (case_id uuid primary key, customer_id uuid)",
    """create table kept_settlement (
        resolution_id uuid primary key,
        case_id uuid not null,
        points bigint not null check (points > 0),
        resolved_at timestamptz not null
    )""",
    "create index kept_settlement_of_case on kept_settlement (case_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not taken back")
