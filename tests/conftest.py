"""Fixtures for all tests: one PostgreSQL a run, one database a worker and service, applications in process.

A test module says `SERVICE = "loyalty"` and asks for `database`, `client`, `deliver`, `announced`, `as_role`.
"""

import gc
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from shared.messaging import Database
from tests import harness
from tests.run_postgres import RunPostgres
from tests.system import System
from tests.system import system as start_system

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"run-{os.getpid()}")


# A whole run has millions of objects that stay, and most others go by reference count. Measured: 14 % of the time.
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    """What was collected stays: it is not looked through again and again."""
    gc.collect()
    gc.freeze()


def pytest_configure() -> None:
    """Quiet: tests fail by what they assert, and services in tests warn about what they are made to do."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


# tests in these folders start programs of their own, so they are no pure ones even where they need no database
START_PROGRAMS = ("bench", "demo", "deploy", "embedded", "end_to_end", "reliability", "security")
READ_EVERYTHING = ("architecture", "contract", "docs")  # as slow as the whole project is large


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`pure`: what needs no database and starts nothing (`make test-fast`)."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        needs = set(getattr(item, "fixturenames", ()))
        started = any(item.get_closest_marker(name) for name in ("broker", "system", "chaos"))
        if "postgres_url" not in needs and not started and folder not in START_PROGRAMS + READ_EVERYTHING:
            item.add_marker(pytest.mark.pure)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The server's URL, credentials in it, to which a database's name is added."""
    server = RunPostgres(RUN)
    url = server.start()
    yield url
    server.stop()


@pytest.fixture(scope="session")
async def databases(postgres_url: str) -> AsyncIterator[harness.Databases]:
    databases = harness.Databases(postgres_url, WORKER)
    yield databases
    await databases.close()


@pytest.fixture(scope="session")
def postgres(databases: harness.Databases) -> harness.Databases:
    """For tests that bring their own tables: `await postgres.make_database("owner")` gives a URL."""
    return databases


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> harness.Keys:
    return harness.Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    """The module constant SERVICE."""
    name: str = request.module.SERVICE
    return name


@pytest.fixture
def migrations(service: str) -> Path:
    """Where the service's migrations lie; tests of the ground itself override it."""
    return harness.migrations_of(service)


@pytest.fixture
async def database(service: str, migrations: Path, databases: harness.Databases) -> AsyncIterator[Database]:
    """The service's database, as its migrations left it."""
    async with databases.open(service, migrations) as database:
        yield database


@pytest.fixture
def app(service: str, database: Database, keys: harness.Keys) -> FastAPI:
    """The service's application, HTTP only."""
    return harness.app_of(service, database, keys)


@pytest.fixture
async def client(app: FastAPI, service: str, keys: harness.Keys) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to `app` as an admin, unless a request carries other headers: `headers=as_role("agent")`."""
    async with harness.client_of(app, harness.AsAdmin(keys, service)) as client:
        yield client


@pytest.fixture
def as_role(service: str, keys: harness.Keys) -> Callable[..., dict[str, str]]:
    """`as_role("agent")`, `as_role("partner", partner_id=…)`, `as_role("x", scopes=["points:read"])`: headers."""
    return partial(keys.headers, service)


@pytest.fixture
def as_service(service: str, keys: harness.Keys) -> Callable[..., dict[str, str]]:
    """Headers of another service: `as_service()` is the operator, `as_service("tiering")` tiering."""
    return partial(keys.internal, service)


@pytest.fixture
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    """All five services in one process (`tests/system.py`): `system.gateway`, `await system.settle()`."""
    async with start_system(databases, keys) as running:
        yield running


@pytest.fixture
def deliver() -> Callable[..., Awaitable[Any]]:
    """`await deliver(database, subscriptions, [event, …])`: through the handlers in one transaction, like the inbox."""
    return harness.deliver


@pytest.fixture
def announced(database: Database) -> Callable[[], Awaitable[Any]]:
    """`await announced()`: all events committed so far."""
    return partial(harness.announced, database)
