"""Key accounts: nominations, risk flags, never served (T8)."""

import json

from alembic import op
from sqlalchemy import text

from services.tiering_svc.domain.shipped import AUTHOR
from services.tiering_svc.domain.shipped_rule_books import SHIPPED_RULE_BOOKS

revision = "2026_11_22_4_key_accounts"
down_revision = "2026_11_22_3_simulations"
branch_labels = None
depends_on = None

STATEMENTS = (
    """create table rule_book (
        name text not null check (name in ('key-accounts', 'retention')),
        version int not null check (version >= 1),
        document jsonb not null,
        status text not null check (status in ('draft', 'active', 'retired')),
        author text not null,
        created_at timestamptz not null,
        activated_by text check (activated_by <> author or author = 'patron'),
        activated_at timestamptz,
        primary key (name, version)
    )""",
    "create unique index rule_book_one_active on rule_book (name) where status = 'active'",
    """create table nomination (
        nomination_id uuid primary key,
        customer_id uuid not null references standing,
        class text not null check (class in ('key', 'never_served')),
        kinds text[] not null,
        reason text not null,
        evidence jsonb not null,
        taken jsonb not null,
        status text not null check (status in ('open', 'approved', 'rejected', 'withdrawn')),
        nominated_by text not null,
        nominated_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        note text,
        override_reason text,
        findings jsonb,
        check ((class = 'key') = (cardinality(kinds) > 0)),
        check ((status = 'open') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
        check (status not in ('approved', 'rejected') or decided_by <> nominated_by)
    )""",
    "create unique index nomination_one_open on nomination (customer_id, class) where status = 'open'",
    "create index nomination_when on nomination (nominated_at, nomination_id)",
    """create table account_class (
        class_id uuid primary key references nomination,
        customer_id uuid not null references standing,
        class text not null check (class in ('key', 'never_served')),
        kinds text[] not null,
        effective tstzrange not null check (not isempty(effective) and not lower_inf(effective)),
        recorded_at timestamptz not null,
        ended_by text,
        ended_at timestamptz,
        end_cause text check (end_cause in ('ended', 'renewed', 'never_served')),
        end_reason text,
        risks_checked_at timestamptz,
        check (upper_inf(effective) = (end_cause is null) and (end_cause is null) = (ended_at is null)),
        constraint account_class_no_overlap exclude using gist (customer_id with =, effective with &&)
    )""",
    "create unique index account_class_one_open on account_class (customer_id) where upper_inf(effective)",
    "create index account_class_risks on account_class (risks_checked_at nulls first) where upper_inf(effective)",
    """create table risk_flag (
        flag_id uuid primary key,
        customer_id uuid not null references standing,
        risk text not null check (risk in ('finance', 'profit', 'management', 'churn', 'concentration')),
        source text not null check (source in ('rule', 'hand')),
        rule text,
        reason text,
        evidence jsonb not null,
        raised_by text not null,
        raised_at timestamptz not null,
        until timestamptz,
        cleared_at timestamptz,
        cleared_by text,
        clear_cause text check (clear_cause in ('by_hand', 'end_reached', 'cause_gone', 'not_a_key_account')),
        clear_reason text,
        check ((source = 'rule') = (rule is not null)),
        check (source = 'rule' or (reason is not null and until is not null)),
        check ((cleared_at is null) = (clear_cause is null) and (cleared_at is null) = (cleared_by is null))
    )""",
    "create unique index risk_flag_one_open on risk_flag (customer_id, risk, source) where cleared_at is null",
    "create index risk_flag_of on risk_flag (customer_id, raised_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for name, document in SHIPPED_RULE_BOOKS.items():
        op.get_bind().execute(
            text(
                """insert into rule_book (name, version, document, status, author, created_at, activated_by,
                       activated_at)
                   values (:name, 1, cast(:document as jsonb), 'active', :author, now(), :author, now())"""
            ),
            {"name": name, "document": json.dumps(document, ensure_ascii=False), "author": AUTHOR},
        )


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
