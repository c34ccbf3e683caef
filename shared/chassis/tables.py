"""The chassis's own tables, the same in every service's database: `create(op)` in a service's first migration."""

from typing import Any

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

idempotency = Table(  # a request that was answered, and the answer
    "idempotency",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of who, method, path and key
    Column("sent", LargeBinary, nullable=False),  # digest of the body
    Column("path", Text, nullable=False),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

deployment = Table(  # one row: what a deployment can not change its mind about
    "deployment",
    metadata,
    Column("one_row", Integer, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("fixed_at", DateTime(timezone=True), nullable=False),
)

STATEMENTS = """
create table deployment (
    one_row int primary key check (one_row = 1), currency text not null, time_zone text not null,
    fixed_at timestamptz not null
);
create table idempotency (
    digest bytea primary key, sent bytea not null, path text not null, status int, headers text, body bytea,
    created_at timestamptz not null
);
create index idempotency_created on idempotency using brin (created_at);
"""


def create(op: Any) -> None:
    """Create the chassis's tables; `op` is Alembic's."""
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
