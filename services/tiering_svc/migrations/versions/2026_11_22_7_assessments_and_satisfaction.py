"""Composition, assessment, satisfaction (T14-T16)."""

import json

from alembic import op
from sqlalchemy import text

from services.tiering_svc.domain.shipped import AUTHOR
from services.tiering_svc.domain.shipped_standards import SHIPPED_STANDARDS

revision = "2026_11_22_7_assessments"
down_revision = "2026_11_22_6_retention"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table order_fact add column mix text",
    "alter table order_change add column mix text",
    """create table standard (
        name text not null,
        version int not null check (version >= 1),
        document jsonb not null,
        author text not null,
        created_at timestamptz not null,
        primary key (name, version)
    )""",
    """create table satisfaction_answer (
        answer_id uuid primary key,
        customer_id uuid not null,
        index_version int not null,
        answered_at timestamptz not null,
        month date not null,
        items jsonb not null,
        expectation numeric(9, 4) not null,
        experience numeric(9, 4) not null,
        satisfaction numeric(9, 4) not null check (satisfaction = experience - expectation),
        recorded_by text not null,
        recorded_at timestamptz not null
    )""",
    """create table team_member (
        assignment_id uuid primary key,
        customer_id uuid not null,
        employee_id text not null,
        role text not null,
        assigned_at timestamptz not null,
        released_at timestamptz,
        recorded_at timestamptz not null
    )""",
    "create index team_member_of on team_member (customer_id, assigned_at)",
    """create table employee_centre (
        employee_id text not null,
        placed_at timestamptz not null,
        centre text,
        primary key (employee_id, placed_at)
    )""",
    "create index satisfaction_answer_of on satisfaction_answer (customer_id, answered_at)",
    "create index satisfaction_answer_when on satisfaction_answer (answered_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    op.get_bind().execute(
        text(
            """insert into standard (name, version, document, author, created_at)
               values (:name, 1, cast(:document as jsonb), :author, now())"""
        ),
        [
            {"name": name, "document": json.dumps(document, ensure_ascii=False), "author": AUTHOR}
            for name, document in SHIPPED_STANDARDS.items()
        ],
    )


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
