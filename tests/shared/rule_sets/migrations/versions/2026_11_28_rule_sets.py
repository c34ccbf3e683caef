"""The ground every service stands on and the tables of rule sets, with a shipped document of each kind."""

import json
from pathlib import Path

from alembic import op
from sqlalchemy import text

from shared.chassis import tables as chassis
from shared.messaging import tables as messaging
from shared.rule_sets.tables import SEED_SQL, TABLES_SQL  # the sample's: a service's migration pastes the text

revision = "2026_11_28_rule_sets"
down_revision = None

SHIPPED = json.loads((Path(__file__).parent / "2026_11_28_rule_sets.json").read_text())


def upgrade() -> None:
    messaging.create(op)
    messaging.create_cuts(op)
    chassis.create(op)
    for statement in TABLES_SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)
    rows = [
        {
            **shipped,
            "name": None if shipped["name"] is None else json.dumps(shipped["name"], ensure_ascii=False),
            "document": json.dumps(shipped["document"], ensure_ascii=False),
        }
        for shipped in SHIPPED
    ]
    op.get_bind().execute(text(SEED_SQL), rows)
