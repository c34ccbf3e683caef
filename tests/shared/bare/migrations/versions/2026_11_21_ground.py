"""The ground every service stands on, and one table of a service that does not exist."""

from alembic import op

from shared.chassis import tables as chassis
from shared.messaging import tables as messaging

revision = "2026_11_21_ground"
down_revision = None


def upgrade() -> None:
    messaging.create(op)
    messaging.create_cuts(op)
    chassis.create(op)
    op.execute("create table thing (id uuid primary key, name text not null, version int not null default 1)")
