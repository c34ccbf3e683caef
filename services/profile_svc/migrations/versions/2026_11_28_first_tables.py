"""Profile's first tables. Frozen: it reads the file beside it, and the backbone's and the chassis's of that day."""

from pathlib import Path

from alembic import op

from shared.chassis.migrations import create_file_tables, create_shared_tables, execute_file

revision = "2026_11_28_first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    create_file_tables(op, "2026_11_28")
    execute_file(op, Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
