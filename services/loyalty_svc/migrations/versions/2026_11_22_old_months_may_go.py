"""Where each stream of the event log begins, once old months of it have been dropped."""

from alembic import op

from shared.messaging import tables as messaging

revision = "2026_11_22_old_months"
down_revision = "2026_11_21_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    messaging.create_cuts(op)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
