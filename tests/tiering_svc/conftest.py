"""What several of tiering's test files use."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests import harness
from tests.tiering_svc.real_year import real_year, real_year_copy, real_year_database

__all__ = ["real_year", "real_year_copy", "real_year_database"]


@pytest.fixture(scope="session")
def run_in_loop(databases: harness.Databases) -> Iterator[Any]:
    """Runs coroutines in one loop, for tests that hypothesis calls without one."""
    with asyncio.Runner() as runner:
        yield runner.run
        runner.run(databases.close())
