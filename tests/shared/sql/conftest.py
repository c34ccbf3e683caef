"""A database with one table of every column type that services use, emptied before each test."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from shared.messaging import Database
from tests.shared.sql.tables import metadata


@pytest.fixture(scope="session")
async def sql_database(postgres: Any) -> AsyncIterator[Database]:
    url = await postgres.make_database("shared_sql")
    connection = await asyncpg.connect(url)
    for table in metadata.sorted_tables:
        await connection.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))
    await connection.close()
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"))
    yield database
    await database.close()


@pytest.fixture
async def database(sql_database: Database) -> Database:
    for table in metadata.sorted_tables:
        await sql_database.run(lambda tx, name=table.name: tx.raw.execute(f'truncate "{name}"'))
    return sql_database
