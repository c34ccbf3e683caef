"""`client` speaks to the sample service, whose clock the tests hold."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI

from shared.chassis import Ports
from shared.messaging import Database
from tests import harness
from tests.shared.rule_sets import sample


class Clock:
    """Stands still until a test moves it. It begins after the migrations, whatever the day is."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> datetime:
        self.now += timedelta(days=days)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service() -> str:
    """The sample calls itself profile, so that it has a key and a topic; its database is its own."""
    return "profile"


@pytest.fixture
async def database(databases: harness.Databases, clock: Clock) -> AsyncIterator[Database]:
    url = await databases.prepare("rule_sets", Path(__file__).parent / "migrations")
    database = Database(url, clock=clock)
    yield database
    await database.close()


@pytest.fixture
def app(database: Database, keys: harness.Keys) -> FastAPI:
    settings = sample.Settings(database_url=database.url, keys=keys.directory, migrate=False)
    return sample.create_app(settings, Ports(database=database, running=False, logs=False, transport=harness.nowhere))


@pytest.fixture
def person(keys: harness.Keys) -> Callable[[str], dict[str, str]]:
    """`person("ann")`: the headers of an admin of that name."""
    return partial(_person, keys)


def _person(keys: harness.Keys, subject: str) -> dict[str, str]:
    return keys.headers("profile", subject=subject)
