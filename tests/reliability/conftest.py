"""The whole embedded system, once for the run of these tests: five processes, Postgres and a broker that forgets."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.embedded import System, scratch_data_dir
from tests.reliability.whole import Whole


@pytest.fixture(scope="package")  # left alone, it would take a tenth of a processor from all tests after
def embedded() -> Iterator[System]:
    env = {"PATRON_REPLAY_GRACE_SECONDS": "1", "PATRON_LOG_LEVEL": "WARNING"}
    with scratch_data_dir() as folder, System(folder, env=env) as system:
        yield system


@pytest.fixture
async def whole(embedded: System, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Whole]:
    """The system with a stream of orders of this test's own; and the invariants hold when the test is over."""
    name = f"{zlib.crc32(request.node.name.encode()):08x}"  # order ids are this test's own
    whole = Whole(embedded, name, tmp_path)
    await asyncio.to_thread(whole.bring_everything_up)
    await whole.load.sign_in()
    yield whole
    await whole.load.close()
