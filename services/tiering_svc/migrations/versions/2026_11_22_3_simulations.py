"""Simulations, back-tests, reviews with two times (T9, T10)."""

from alembic import op

revision = "2026_11_22_3_simulations"
down_revision = "2026_11_22_2_policies"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
