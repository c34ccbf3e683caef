"""The gateway's first tables. Frozen: it reads the files beside it and imports nothing of the service."""

from pathlib import Path

from alembic import op

from shared.chassis.migrations import create_people_tables, create_shared_tables, execute_file

revision = "2026_11_28_first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    create_people_tables(op, "2026_11_28")
    execute_file(op, Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    raise NotImplementedError("the first tables are the beginning; restore a backup instead")
