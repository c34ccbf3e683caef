"""Composition, assessment, satisfaction (T14-T16)."""

from alembic import op

revision = "2026_11_22_7_assessments_and_satisfaction"
down_revision = "2026_11_22_6_retention"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
