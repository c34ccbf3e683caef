"""The chassis's own table, the same in every service's database: `create(op)` in a service's first migration."""

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

STATEMENTS = """
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
