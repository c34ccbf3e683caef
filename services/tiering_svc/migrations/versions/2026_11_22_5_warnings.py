"""Early warnings and their rules (T12), stages (T11)."""

import json

from alembic import op
from sqlalchemy import text

from services.tiering_svc.domain.shipped import AUTHOR
from services.tiering_svc.domain.shipped_warnings import SHIPPED_WARNINGS

revision = "2026_11_22_5_warnings"
down_revision = "2026_11_22_4_key_accounts"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    """create table warning_rule (
        rule_id uuid not null,
        version int not null check (version > 0),
        name jsonb not null,
        cause text not null,
        document jsonb not null,
        status text not null check (status in ('draft', 'active', 'retired')),
        author text not null,
        created_at timestamptz not null,
        activated_by text,
        activated_at timestamptz,
        retired_by text,
        retired_at timestamptz,
        primary key (rule_id, version)
    )""",
    "create unique index warning_rule_one_of_a_cause on warning_rule (cause) where status = 'active'",
    "create unique index warning_rule_one_active_version on warning_rule (rule_id) where status = 'active'",
    """create table early_warning (
        warning_id uuid primary key,
        customer_id uuid not null,
        cause text not null,
        rule_id uuid not null,
        rule_version int not null,
        severity text not null check (severity in ('yellow', 'red')),
        state text not null check (state in ('open', 'acknowledged', 'worked', 'closed')),
        lasting boolean not null,
        owner text,
        as_of timestamptz not null,
        seen_as_of timestamptz not null check (seen_as_of >= as_of),
        raised_at timestamptz not null,
        evidence jsonb not null,
        closed_at timestamptz,
        closed_by text,
        closing text,
        foreign key (rule_id, rule_version) references warning_rule,
        check (lasting or state = 'closed'),
        check ((state = 'closed') = (closed_at is not null) and (state = 'closed') = (closed_by is not null)
               and (state = 'closed') = (closing is not null))
    )""",
    "create unique index early_warning_once on early_warning (customer_id, cause) where lasting",
    "create index early_warning_of_customer on early_warning (customer_id, warning_id desc)",
    "create index early_warning_worst on early_warning (severity, warning_id desc)",
    """create table warning_change (
        change_id uuid primary key,
        warning_id uuid not null references early_warning,
        at timestamptz not null,
        kind text not null check (kind in ('raised', 'escalated', 'acknowledged', 'step', 'handed_over', 'closed',
                                           'cause_gone', 'replaced')),
        by text not null,
        as_of timestamptz,
        severity text,
        code text,
        note text,
        evidence jsonb
    )""",
    "create index warning_change_of on warning_change (warning_id, change_id)",
    """create table warning_run (
        run_id uuid primary key,
        as_of timestamptz not null,
        because text not null check (because in ('review', 'daily', 'request')),
        evaluation_id uuid unique,
        requested_by text not null,
        requested_at timestamptz not null,
        started_at timestamptz,
        finished_at timestamptz,
        rules jsonb,
        setting jsonb,
        cursor uuid,
        customers int not null default 0,
        outcomes jsonb not null default '{}',
        stages jsonb not null default '{}'
    )""",
    "create index warning_run_unfinished on warning_run (requested_at, run_id) where finished_at is null",
    """create unique index warning_run_one_daily on warning_run (because)
           where because = 'daily' and finished_at is null""",
    "create index warning_run_newest on warning_run (requested_at desc, run_id desc)",
    "create index warning_run_as_of on warning_run (as_of desc) where finished_at is not null",
    """create table warning_back_test (
        back_test_id uuid primary key,
        rule_id uuid not null,
        rule_version int not null,
        first_month date not null,
        last_month date not null check (last_month >= first_month),
        severity text not null,
        horizon_months int not null,
        baseline_months int not null,
        fall numeric(7, 4) not null,
        least_baseline numeric(18, 4) not null,
        requested_by text not null,
        requested_at timestamptz not null,
        finished_at timestamptz,
        cursor uuid,
        customers int not null default 0,
        measured jsonb not null default '{}',
        foreign key (rule_id, rule_version) references warning_rule
    )""",
    "create index warning_back_test_of on warning_back_test (rule_id, back_test_id desc)",
    "create index warning_back_test_unfinished on warning_back_test (requested_at) where finished_at is null",
    """create table customer_stage (
        customer_id uuid primary key,
        stage text not null check (stage in ('acquire', 'expand', 'retain', 'dormant', 'lost')),
        relationship text check (relationship in ('basic', 'reactive', 'accountable', 'proactive', 'partner')),
        since timestamptz not null,
        run_id uuid not null
    ) with (fillfactor = 80)""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    op.get_bind().execute(
        text(
            """insert into warning_rule (rule_id, version, name, cause, document, status, author, created_at,
                   activated_by, activated_at)
               values (:id, 1, cast(:name as jsonb), :cause, cast(:document as jsonb), 'active', :author, now(),
                   :author, now())"""
        ),
        [
            {
                "id": shipped.policy_id,
                "name": json.dumps(shipped.names, ensure_ascii=False),
                "cause": shipped.document.get("cause", shipped.document["kind"]),
                "document": json.dumps(shipped.document),
                "author": AUTHOR,
            }
            for shipped in SHIPPED_WARNINGS
        ],
    )


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
