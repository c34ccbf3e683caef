"""Retention and lifetime value (T13)."""

from alembic import op

revision = "2026_11_22_6_retention"
down_revision = "2026_11_22_5_warnings"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
