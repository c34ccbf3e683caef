"""Where the present round of a case begins, beside its other instants (G3)."""

from alembic import op

revision = "2026_11_26_rounds"
down_revision = "2026_11_22_old_months"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table case_copy add column reopened_at timestamptz")
    # until now a reopening stood in the instants of its stages; what is open after a closing was reopened
    op.execute("update case_copy set reopened_at = opened_at where opened_at > closed_at")


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
