"""The tables as the code knows them are the ones the migration made."""

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects import postgresql

from services.complaint_svc import tables

SERVICE = "complaint"

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def columns(table: Table) -> list[tuple[str, str, bool, bool]]:
    return [(c.name, c.type.compile(DIALECT), bool(c.nullable), c.primary_key) for c in table.columns]


async def test_the_tables_are_the_ones_the_migration_made(database) -> None:
    made = MetaData()
    async with database.engine.connect() as connection:
        await connection.run_sync(lambda sync: made.reflect(sync, only=list(tables.metadata.tables)))
    for name, table in tables.metadata.tables.items():
        assert columns(table) == columns(made.tables[name]), name
