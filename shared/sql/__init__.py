"""Writing many rows in one statement, and pieces of SQL that several services need.

The tables (SQLAlchemy Core) are the only place that says which columns there are and of which types; a repository
names rows and columns, and the statement with its `unnest($1::uuid[], ...)` follows from the table, once a process.

    await insert_many(tx, contact_fact, [{"entry_id": ..., "customer_id": ...}, ...])
    await insert_columns(tx, payment_fact, {"payment_id": [...], "amount": [...]})      # hot paths: lists, not rows
    await insert_many(tx, cell, cells, shared={"run_id": run_id}, on_conflict=Upsert(add=("customers", "revenue")))
    await update_many(tx, team_member, [{"assignment_id": ..., "released_at": ...}], key=("assignment_id",))

Everything runs on the transaction's asyncpg connection (`tx.raw`). No rows, no statement. Rows that may already be
there are written in the order of their key, so that two writers never wait for each other in a circle.

What it does not do: it makes no decisions and opens no transactions, and it never builds SQL of values: names come from
tables and from the program's text alone.
"""

from shared.sql.bulk import columns_of, insert_columns, insert_many, update_columns, update_many
from shared.sql.statements import Upsert, given_rows, insert_statement, unnest, update_statement
from shared.sql.values import JsonText

__all__ = [
    "JsonText",
    "Upsert",
    "columns_of",
    "given_rows",
    "insert_columns",
    "insert_many",
    "insert_statement",
    "unnest",
    "update_columns",
    "update_many",
    "update_statement",
]
