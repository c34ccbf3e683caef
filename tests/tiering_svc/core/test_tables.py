"""Tiering's tables as the migration makes them are those that the areas declare."""

from services.tiering_svc import tables
from shared.messaging import Database
from tests.support.tables import differences

SERVICE = "tiering"


async def test_the_tables_are_those_the_areas_declare(database: Database) -> None:
    assert await differences(database, tables.metadata) == []


async def test_every_table_is_gathered(database: Database) -> None:
    """The service's own `tables.py` names them all, and nothing is in the database that nobody declares."""
    gathered = {getattr(tables, name).name for name in tables.__all__ if name != "metadata"}
    assert gathered == set(tables.metadata.tables)
