"""The tables that the first migration makes are those that the areas declare."""

from sqlalchemy import inspect

from services.profile_svc.tables import metadata

SERVICE = "profile"


async def test_the_migrated_tables_are_the_declared_ones(database):
    def columns(connection) -> dict:
        inspector = inspect(connection)
        return {
            name: {
                column["name"]: (str(column["type"].compile(connection.dialect)), column["nullable"])
                for column in inspector.get_columns(name)
            }
            for name in metadata.tables
        }

    def declared(connection) -> dict:
        return {
            name: {
                column.name: (str(column.type.compile(connection.dialect)), column.nullable) for column in table.columns
            }
            for name, table in metadata.tables.items()
        }

    def indexes(connection) -> dict:
        return {name: {index["name"] for index in inspect(connection).get_indexes(name)} for name in metadata.tables}

    async with database.engine.connect() as connection:
        assert await connection.run_sync(columns) == await connection.run_sync(declared)
        for name, existing in (await connection.run_sync(indexes)).items():
            named = {index.name for index in metadata.tables[name].indexes}
            assert named <= existing, name
