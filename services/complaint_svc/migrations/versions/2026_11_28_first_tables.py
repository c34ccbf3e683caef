"""Complaint's first tables, with the rules that a database can hold, and the rules a new deployment starts with.

Frozen: it reads the files of its day. What the environment says of the first rules takes the place of what is shipped.
"""

import json
import os
from pathlib import Path
from typing import Any

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
    shipped = json.loads(HERE.with_suffix(".json").read_text())
    install_rule_sets(op, "2026_11_28", [as_the_environment_says(rule_set) for rule_set in shipped])


def _read_authority(text: str) -> dict[str, dict[str, Any]]:
    """Limits by role: null is no limit, what is missing is nothing."""
    return {
        role: {
            name: "unlimited" if (most := limit.get(name, 0)) is None else (str(most) if name == "amount" else most)
            for name in ("points", "amount")
        }
        for role, limit in json.loads(text).items()
    }


FROM_ENVIRONMENT: dict[str, dict[str, Any]] = {
    "calendar-rules": {
        "holidays": str,
        "opening_hours": json.loads,
        "special_days": json.loads,
        "other_hours": json.loads,
    },
    "deadline-rules": {
        "warning_percent": int,
        "warning_lead_minutes": int,
        "escalation_hours": int,
        "escalation_hours_by_level": json.loads,
        "reopening_days": int,
        "allowances": json.loads,
    },
    "authority-rules": {"authority": _read_authority},
}


def as_the_environment_says(rule_set: dict[str, Any]) -> dict[str, Any]:
    document = dict(rule_set["document"])
    for name, read in FROM_ENVIRONMENT[rule_set["kind"]].items():
        given = os.environ.get(f"PATRON_{name.upper()}")
        if given is not None and (value := read(given)) is not None:
            document["roles" if name == "authority" else name] = value
    if "warning_lead_minutes" in document:  # when to warn is said in one way
        document.pop("warning_percent", None)
    return {**rule_set, "document": document}


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
