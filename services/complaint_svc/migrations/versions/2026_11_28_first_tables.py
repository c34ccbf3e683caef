"""Complaint's first tables, with the rules that a database can hold. Frozen: it reads the files of its day.

There is nothing to seed: the calendar is published, and default allowances hold where no operator wrote others.
"""

from pathlib import Path

from alembic import op

from shared.chassis.migrations import create_shared_tables, execute_file

revision = "2026_11_28_first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    execute_file(op, Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
