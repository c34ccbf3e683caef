"""Loyalty's first tables, and the programme that a new deployment starts with. Frozen: it reads the files beside it.

The database itself keeps the ledger balanced, immutable and never below zero.
"""

import json
from pathlib import Path

from alembic import op
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.chassis.migrations import create_shared_tables, execute_file

revision = "2026_11_28_first_tables"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__)

FIRST_PROGRAMME = """
insert into programme (version, effective_from, terms, created_at, created_by)
values (1, null, :terms, now(), 'patron')
"""


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    execute_file(op, HERE.with_suffix(".sql"))
    terms = json.loads(HERE.with_suffix(".json").read_bytes())
    op.execute(text(FIRST_PROGRAMME).bindparams(bindparam("terms", terms, type_=JSONB)))


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
