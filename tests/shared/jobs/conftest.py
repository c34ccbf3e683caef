"""A database with the table of jobs, emptied before each test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.messaging import Database
from tests.shared.jobs.world import World, make_tables


@pytest.fixture(scope="session")
async def jobs_database(postgres: Any) -> AsyncIterator[Database]:
    url = await postgres.make_database("shared_jobs")
    await make_tables(url)
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"))
    yield database
    await database.close()


@pytest.fixture
async def world(jobs_database: Database) -> World:
    await jobs_database.run(lambda tx: tx.raw.execute("truncate job, counted"))
    return World(jobs_database)
