"""Policies of every kind, their approval (T2-T7, T9)."""

from alembic import op

revision = "2026_11_22_2_policies"
down_revision = "2026_11_22_1_facts"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
