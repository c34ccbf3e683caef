"""Policies of every kind, their approval (T2-T7, T9)."""

from alembic import op

revision = "2026_11_22_2_policies_of_every_kind"
down_revision = "2026_11_22_1_facts_of_four_classes"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
