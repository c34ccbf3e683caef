"""The service centre an employee works at (P5)."""

from alembic import op

revision = "2026_11_22_2_centres"
down_revision = "2026_11_22_1_warnings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table employee add column centre text")
