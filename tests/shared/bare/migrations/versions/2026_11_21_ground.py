"""The ground every service stands on, and one table of a service that does not exist."""

from alembic import op

from shared.chassis.migrations import create_people_tables, create_shared_tables

revision = "2026_11_21_ground"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    create_people_tables(op, "2026_11_28")
    op.execute("create table thing (id uuid primary key, name text not null, version int not null default 1)")
