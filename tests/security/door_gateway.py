"""A gateway in a process of its own (`door_server.py`), and the credentials of who attacks it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests import harness
from tests.security.door import Caller

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Gateway:
    """A running gateway. `person` and `partner` are whole header lines."""

    port: int
    person: bytes
    partner: bytes

    def pauses(self) -> dict[str, float]:
        """The longest pauses of its event loop since they were last asked for, in seconds."""
        with Caller(self.port, 30) as caller:
            caller.send(b"GET /pauses HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            longest: dict[str, float] = json.loads(caller.read_to_end().partition(b"\r\n\r\n")[2])
            return longest


@asynccontextmanager
async def running_gateway(
    databases: harness.Databases, keys: harness.Keys, folder: Path, **environment: str
) -> AsyncIterator[Gateway]:
    """Started with an empty database, ready, and stopped at the end."""
    url = await databases.prepare("gateway", harness.migrations_of("gateway"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    fixed = {
        "PATRON_DATABASE_URL": url, "PATRON_KEYS": str(keys.directory), "PATRON_MIGRATE": "false",
        "PATRON_DEV_ISSUER": "true", "PYTHONPATH": str(ROOT), "PATRON_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    child = _spawn([sys.executable, "-m", "tests.security.door_server", str(port)], folder, fixed | environment)
    try:
        await _until_served(child, port, folder / "log")
        yield await _with_credentials(port)
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="module")
async def gateway(
    databases: harness.Databases, keys: harness.Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """For the tests of a module that import it."""
    async with running_gateway(databases, keys, tmp_path_factory.mktemp("door")) as running:
        yield running


def _spawn(command: list[str], folder: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, env=os.environ | environment, cwd=folder, stdout=log, stderr=log)


async def _until_served(child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert child.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def _with_credentials(port: int) -> Gateway:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        token = (await client.post("/dev/token", json={"role": "admin"})).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        partner = (await client.post("/v1/partners", json={"code": "dealer", "name": "A dealer"})).json()["id"]
        key = (await client.post(f"/v1/partners/{partner}/keys")).json()["secret"]
    return Gateway(port, f"Authorization: Bearer {token}\r\n".encode(), f"Authorization: Bearer {key}\r\n".encode())
