"""Whether a database has the tables that the code declares: names, types and nulls of their columns.

Statements over many rows take the types of their parameters from the declared tables (`shared/sql`), so these must be
the database's own. `assert await differences(database, metadata) == []`
"""

from sqlalchemy import MetaData

from shared.messaging import Database
from shared.sql.values import type_of

COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, null) as type, not a.attnotnull as nullable
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
SPELLED = {
    "timestamp with time zone": "timestamptz", "integer": "int", "boolean": "bool", "double precision": "float",
    "character varying": "varchar",
}  # fmt: skip


def spelled(type_: str) -> str:
    name, array, _ = type_.partition("[]")
    return SPELLED.get(name, name) + array


async def differences(database: Database, metadata: MetaData) -> list[str]:
    """What is declared and not there, or there otherwise; columns that a declared table does not know."""
    rows = await database.run(lambda tx: tx.raw.fetch(COLUMNS))
    there = {(row["relname"], row["attname"]): (spelled(row["type"]), row["nullable"]) for row in rows}
    declared = {
        (table.name, column.name): (type_of(column), bool(column.nullable))
        for table in metadata.sorted_tables
        for column in table.columns
    }
    tables = {table.name for table in metadata.sorted_tables}
    missing = [
        f"{table}.{column} is not declared" for table, column in there.keys() - declared.keys() if table in tables
    ]
    return sorted(missing) + [
        f"{table}.{column}: declared {kind}, there {there.get((table, column))}"
        for (table, column), kind in declared.items()
        if there.get((table, column)) != kind
    ]
