"""Loyalty's first tables, and the programme that a new deployment starts with. Frozen: it reads the files beside it.

The database itself keeps the ledger balanced, immutable and never below zero.
"""

import json
from pathlib import Path

from alembic import op

from shared.chassis.migrations import (
    create_people_tables,
    create_rule_set_tables,
    create_shared_tables,
    execute_file,
    install_rule_sets,
)

revision = "2026_11_28_first_tables"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__)


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    create_people_tables(op, "2026_11_28")
    execute_file(op, HERE.with_suffix(".sql"))
    create_rule_set_tables(op, "2026_11_28")
    install_rule_sets(op, "2026_11_28", json.loads(HERE.with_suffix(".json").read_text()))


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
