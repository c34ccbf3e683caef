"""Facts of the four classes of indicators (T1)."""

from alembic import op

revision = "2026_11_22_1_facts"
down_revision = "2026_11_21_first_tables"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
