"""Tiering's first tables, and the policies and rules that come with Patron. Frozen: it reads the files beside it."""

import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

from alembic import op
from sqlalchemy import text

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
    create_rule_set_tables(op, "2026_11_28")
    execute_file(op, HERE.with_suffix(".sql"))
    fix_the_business()
    # the first policy is in force, one of each other kind is a draft; all other rules are in force
    install_rule_sets(op, "2026_11_28", json.loads(HERE.with_suffix(".json").read_text())["rule_sets"])


def fix_the_business() -> None:
    """Months and money are counted in one zone and one currency from the first start on."""
    zone = os.environ.get("PATRON_TIME_ZONE", "UTC")
    ZoneInfo(zone)
    op.get_bind().execute(
        text("insert into business (only_one, time_zone, currency) values (1, :zone, :currency)"),
        {"zone": zone, "currency": os.environ.get("PATRON_CURRENCY", "USD")},
    )


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
