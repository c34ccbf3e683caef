"""A customer's open early warnings in its overview (T12, G3)."""

from alembic import op

revision = "2026_11_22_1_warnings"
down_revision = "2026_11_22_contacts_and_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table overview add column open_warnings jsonb not null default '{}'")


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
