"""The backbone's tables as the SQL of the migrations makes them are those that the code declares."""

from collections import defaultdict

from shared.messaging import tables
from tests.shared.messaging.world import World


async def test_the_tables_are_those_the_code_declares(world: World) -> None:
    rows = await world.owner.run(
        lambda tx: tx.raw.fetch(
            """select table_name, column_name, is_nullable = 'YES' as nullable from information_schema.columns
               where table_schema = 'public'"""
        )
    )
    columns: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in rows:
        columns[row["table_name"]][row["column_name"]] = row["nullable"]
    for table in tables.metadata.sorted_tables:
        assert columns[table.name] == {column.name: bool(column.nullable) for column in table.columns}, table.name
