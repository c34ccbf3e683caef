"""An order's lines are kept as the text that is announced: nothing looks into them, and parsing them cost half the row.

Rows up to a page are no longer compressed: that took longer than all of the row's indexes together.
"""

from alembic import op

revision = "2026_11_22_lines_as_text"
down_revision = "2026_11_21_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table customer_order alter column lines type text using lines::text")
    op.execute("alter table customer_order set (toast_tuple_target = 8160)")


def downgrade() -> None:
    op.execute("alter table customer_order reset (toast_tuple_target)")
    op.execute("alter table customer_order alter column lines type jsonb using lines::jsonb")
