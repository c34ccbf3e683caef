"""`client` speaks to the sample service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from shared.chassis import Ports
from shared.messaging import Database
from tests import harness
from tests.shared.chassis import sample


@pytest.fixture
def service() -> str:
    """The sample calls itself profile, so that it has a key and a topic; its database is the bare one."""
    return "profile"


@pytest.fixture
def migrations() -> Path:
    return Path(__file__).parents[1] / "bare" / "migrations"


@pytest.fixture
async def database(databases: harness.Databases, migrations: Path) -> AsyncIterator[Database]:
    async with databases.open("bare", migrations) as database:
        yield database


@pytest.fixture
def app(database: Database, keys: harness.Keys) -> FastAPI:
    settings = sample.Settings(database_url=database.url, keys=keys.directory, migrate=False)
    return sample.create_app(settings, Ports(database=database, running=False, logs=False, transport=harness.nowhere))
