"""Composition, assessment, satisfaction (T14-T16)."""

import json

from alembic import op
from sqlalchemy import text

from services.tiering_svc.domain.shipped import AUTHOR
from services.tiering_svc.domain.shipped_yardsticks import SHIPPED_YARDSTICKS

revision = "2026_11_22_7_assessments"
down_revision = "2026_11_22_6_retention"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table order_fact add column mix text",
    "alter table order_change add column mix text",
    "alter table rule_book drop constraint rule_book_name_check",
    """alter table rule_book add constraint rule_book_name_check check (
        name in ('key-accounts', 'retention', 'satisfaction-index', 'revenue-targets', 'assessment-rules',
                 'customer_stages'))""",
    """create table assessment (
        assessment_id uuid primary key,
        month date not null,
        of text not null check (of in ('manager', 'centre')),
        subject text not null,
        as_of timestamptz not null,
        rules_version int not null,
        score numeric(9, 4) not null,
        customers int not null check (customers > 0),
        reasons jsonb not null,
        made_by text not null,
        made_at timestamptz not null,
        superseded_at timestamptz
    )""",
    "create unique index assessment_standing on assessment (month, of, subject) where superseded_at is null",
    """create table missed_deadline (
        case_id uuid not null,
        stage text not null,
        due_at timestamptz not null,
        breached_at timestamptz not null,
        recorded_at timestamptz not null,
        primary key (case_id, stage, due_at)
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
        changed_at timestamptz not null,
        centre text,
        primary key (employee_id, changed_at)
    )""",
    "create index satisfaction_answer_of on satisfaction_answer (customer_id, answered_at)",
    "create index satisfaction_answer_when on satisfaction_answer (answered_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    op.get_bind().execute(
        text(
            """insert into rule_book (name, version, document, status, author, created_at, activated_by, activated_at)
               values (:name, 1, cast(:document as jsonb), 'active', :author, now(), :author, now())"""
        ),
        [
            {"name": name, "document": json.dumps(document, ensure_ascii=False), "author": AUTHOR}
            for name, document in SHIPPED_YARDSTICKS.items()
        ],
    )


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
