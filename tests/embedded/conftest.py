"""A data directory of its own for each test, and stand-ins for the five services that start in a moment."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import scratch_data_dir
from deploy.embedded.service import SERVICES, module_of

STAND_IN = """
import os
from fastapi import FastAPI
app = FastAPI()

def create_app():
    return app

@app.get("/readyz")
def ready():
    names = {"fault": "PATRON_FAULT", "service": "PATRON_SERVICE", "instance": "PATRON_INSTANCE"}
    return {name: os.environ.get(variable) for name, variable in names.items()}

@app.get("/internal/status")
def status():
    tiering = os.environ["PATRON_SERVICE"] == "tiering"
    parked = {"id": "42", "topic": "patron.intake", "key": "c-1", "seq": 3, "reason": "unreadable"}
    return {
        "epoch": "e", "outbox_depth": 2, "outbox_oldest_seconds": 0.1, "lag": {"patron.intake": 7}, "gaps": 0,
        "parked": [parked] if tiering else [], "parked_count": int(tiering), "timers_due": 0,
        "holes": 2 if tiering else 0,
    }

@app.post("/internal/parked/42/retry", status_code=204)
def retry():
    pass
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with scratch_data_dir() as folder:
        yield folder


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `services.…` are stand-ins: these tests are about processes, not about services."""
    root = tmp_path_factory.mktemp("stand-ins")
    for service in SERVICES:
        package = root / module_of(service).split(":")[0].rpartition(".")[0].replace(".", "/")
        package.mkdir(parents=True)
        (package / "app.py").write_text(STAND_IN)
        (package / "__init__.py").touch()
    (root / "services" / "__init__.py").touch()
    return {"PYTHONPATH": str(root)}


@pytest.fixture
def query() -> Callable[[str, str], object]:
    """Runs one statement at a URL and returns its first value, in a loop of its own."""

    async def ask(url: str, sql: str) -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return lambda url, sql: asyncio.run(ask(url, sql))
