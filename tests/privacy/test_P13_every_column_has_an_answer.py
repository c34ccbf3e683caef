"""P13: of each column of text or bytes in each database it is said whether it is personal, and what erasing does."""

import asyncpg
import pytest

from deploy.verify.invariants.personal_data.erasure import PERSONAL_DATA
from shared.erasure import Apart, Rows
from shared.erasure.statements import erase_statement
from tests import harness

COLUMNS = """
select c.relname::text as table_name, a.attname::text as column_name,
       format_type(a.atttypid, null) in ('text', 'character varying', 'bytea', 'jsonb', 'json', 'tsvector', 'text[]',
                                         'character varying[]', 'bytea[]', 'jsonb[]', 'json[]') as holds_text
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and a.attnum > 0 and not a.attisdropped
"""


@pytest.mark.parametrize("service", harness.SERVICES)
async def test_P13_every_column_of_text_or_bytes_has_an_answer(service: str, databases: harness.Databases) -> None:
    """A new column, or a new table, is refused here until `personal_data.py` of its service says what it is."""
    await databases.prepare(service, harness.migrations_of(service))
    connection = await asyncpg.connect(databases.url(service))
    try:
        rows = await connection.fetch(COLUMNS)
        declared = PERSONAL_DATA[service].tables
        schema: dict[str, set[str]] = {row["table_name"]: set() for row in rows}
        for row in rows:
            if row["holds_text"]:
                schema[row["table_name"]].add(row["column_name"])
        assert set(schema) - set(declared) == set(), f"{service}: these tables have no answer"
        assert set(declared) - set(schema) == set(), f"{service} has no such tables"
        for name, columns in schema.items():
            table = declared[name]
            if isinstance(table, Apart) or not table.delete:
                answered = table.columns
                assert columns <= answered, f"{service}.{name}: {columns - answered} have no answer"
                every = {row["column_name"] for row in rows if row["table_name"] == name}
                assert answered <= every, f"{service}.{name} has no {answered - every}"
        for name, table in declared.items():  # the statements are those of this schema
            if isinstance(table, Rows):
                await connection.fetch(f"select * from {name} t where {table.of} limit 1", [])
                if (statement := erase_statement(name, table)) is not None:
                    await connection.execute(statement, [], 1)
    finally:
        await connection.close()
