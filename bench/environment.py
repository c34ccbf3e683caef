"""Where measurements run: an embedded system in a folder of its own, fresh databases, and both sides' processes."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvloop

from deploy.embedded.ports import LOOPBACK, free_port
from deploy.embedded.processes import spawn, stop_child, tail
from deploy.embedded.scratch import scratch_data_dir
from deploy.embedded.system import System
from deploy.operator import Operator
from shared.chassis.operations.lifespan import collect_garbage_less_often

ROOT = Path(__file__).resolve().parents[1]
PARTITIONS = 4  # of the embedded broker's topics

# The same flags for Patron (deploy.embedded.service) and for the limit.
UVICORN = ("--http", "httptools", "--loop", "uvloop", "--no-access-log")


_began = time.monotonic()


def progress(what: str) -> None:
    """Where a long measurement is; not among the results, which are what is printed."""
    print(f"  {time.monotonic() - _began:5.0f} s  {what}", file=sys.stderr, flush=True)


# No run by schedule falls into a measurement; the load is one client's, who is let do what the machine can.
ENV = {
    "PATRON_LOG_LEVEL": "WARNING", "PATRON_RUN_SCHEDULES": "false",
    "PATRON_REQUESTS_PER_SECOND": "1000000", "PATRON_BURST": "1000000",
    "PATRON_REQUESTS_PER_ADDRESS": "1000000", "PATRON_ADDRESS_BURST": "1000000",
}  # fmt: skip


@contextmanager
def embedded_system(*services: str) -> Iterator[System]:
    """A system of these services only, so that nobody else takes the processors."""
    with (
        scratch_data_dir("patron-bench-") as folder,
        System(folder, services=services, gateway_port=free_port(), env=ENV) as system,
    ):
        yield system


@contextmanager
def limit_server(app: str, database_url: str, folder: Path) -> Iterator[int]:
    """A limit's uvicorn process; yields its port."""
    port, log = free_port(), folder / "logs" / "limit.log"
    command = [sys.executable, "-m", "uvicorn", "--factory", app, "--host", LOOPBACK, "--port", str(port), *UVICORN]
    child = spawn(command, log, env=os.environ | {"LIMIT_DATABASE_URL": database_url}, cwd=ROOT)
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://{LOOPBACK}:{port}/openapi.json", trust_env=False)
                break
            except httpx.TransportError:
                if child.poll() is not None:
                    raise RuntimeError(f"the limit did not start:\n{tail(log)}") from None
                asyncio.run(asyncio.sleep(0.05))
        yield port
    finally:
        stop_child(child, 10)


def run_program(module: str, *arguments: object) -> dict[str, Any]:
    """Run one side's program and return what it measured (the last line it printed, as JSON)."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def query_value(url: str, sql: str, *arguments: object) -> Any:
    """The first value that a query of a database returns."""

    async def query() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql, *arguments)
        finally:
            await connection.close()

    return asyncio.run(query())


def partner_keys(gateway: str, how_many: int) -> list[str]:
    """Keys of one new partner: each connection shows its own, as partners' systems would."""
    with httpx.Client(base_url=gateway, trust_env=False, timeout=30) as client:
        admin = client.post("/dev/token", json={"role": "admin"}).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {admin}"
        name = f"bench-{os.urandom(4).hex()}"
        partner = client.post("/v1/partners", json={"code": name, "name": name}).raise_for_status().json()["id"]
        keys = [
            client.post(f"/v1/partners/{partner}/keys").raise_for_status().json()["secret"] for _ in range(how_many)
        ]
    return keys


def wait_until_sent(system: System, seconds: float = 60) -> None:
    """Between rounds: what Patron still has to send is sent, so that it does not slow down the other side."""
    with Operator(system.keys, system.internal_urls) as operator:
        for _ in range(int(seconds / 0.1)):
            if all(not operator.get(name, "/internal/status")["outbox_depth"] for name in system.services):
                return
            asyncio.run(asyncio.sleep(0.1))
    raise RuntimeError("the outbox does not empty")


async def until(condition: Callable[[], bool]) -> None:
    """Poll a condition: what is waited for knows nothing of being measured."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.005)


def run_as_services_do(main: Coroutine[Any, Any, None]) -> None:
    """Either side's program: on the event loop, and with the garbage collection, of a service's process."""
    collect_garbage_less_often()
    uvloop.run(main)
