"""An id may be kept for a reference whose customer is not seen yet: a file under it is with profile, or was refused."""

from alembic import op

revision = "2026_11_26_offered_ids"
down_revision = "2026_11_22_old_months"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table customer_reference alter column registered_at drop not null")


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
