"""The ground every service stands on and the tables of rule sets, with shipped documents of two kinds."""

import json
from pathlib import Path

from alembic import op

from shared.chassis.migrations import create_rule_set_tables, create_shared_tables, install_rule_sets

revision = "2026_11_28_rule_sets"
down_revision = None

HERE = Path(__file__)


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    create_rule_set_tables(op, "2026_11_28")
    install_rule_sets(op, "2026_11_28", json.loads(HERE.with_suffix(".json").read_text()))
