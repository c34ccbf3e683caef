"""Sixty connections guess keys as fast as they can: who is known is answered as quickly as before, and nobody's 500."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.chassis import Ports
from shared.chassis.connections.guarded_protocol import ConnectionLimits
from tests import harness
from tests.security.door import serve
from tests.system import transport_to

SERVICE = "gateway"
CONNECTIONS, MEASURED = 60, 400

GUESSER = """
import asyncio, sys, uuid
async def guess(port, statuses):
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while True:
                key = f"pk_{uuid.uuid4().hex}_{uuid.uuid4().hex}"
                head = f"GET /v1/partners HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: Bearer {key}"
                writer.write(f"{head}\\r\\n\\r\\n".encode())
                head = await reader.readuntil(b"\\r\\n\\r\\n")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                await reader.readexactly(length)
                print(head.split()[1].decode(), flush=True)
        except (OSError, asyncio.IncompleteReadError):
            print("closed", flush=True)
            await asyncio.sleep(0.05)
async def main(port, connections):
    await asyncio.gather(*[guess(port, None) for _ in range(connections)])
asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""


@contextmanager
def guessing(port: int, statuses: Path) -> Iterator[None]:
    """A process of its own that guesses keys on many connections; its statuses go into a file."""
    with statuses.open("w") as file:
        process = subprocess.Popen([sys.executable, "-c", GUESSER, str(port), str(CONNECTIONS)], stdout=file)
        try:
            yield
        finally:
            process.kill()
            process.wait()


async def p99(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[float, float]:
    """Median and 99th percentile of the seconds of a good request, asked one after another."""
    seconds: list[float] = []
    for _ in range(MEASURED):
        began = time.perf_counter()
        answer = await client.get("/v1/partners", headers=headers)
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200
        await asyncio.sleep(0.002)
    return statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]


def closing_at_the_end(app: FastAPI) -> ASGIApp:
    """The application; `/close` ends its connections to the database, in the loop that they belong to."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/close":
            await app(scope, receive, send)
            return
        await app.state.service.database.close()
        await Response(status_code=204)(scope, receive, send)

    return answer


@pytest.mark.chaos
async def test_a_good_request_is_as_quick_while_sixty_connections_guess(
    databases: harness.Databases, keys: harness.Keys, tmp_path: Path
) -> None:
    url = await databases.prepare("gateway", harness.migrations_of("gateway"))
    create = harness.part_of("gateway", "app").create_app
    settings = harness.settings_of("gateway", url, keys.directory, failed_sign_ins=30)
    app = create(settings, Ports(running=False, logs=False, transport=transport_to({})))
    with serve(closing_at_the_end(app), ConnectionLimits()) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            token = (await client.post("/dev/token", json={"role": "admin"})).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            await p99(client, headers)
            alone = await p99(client, headers)
            with guessing(port, tmp_path / "statuses"):
                deadline = time.monotonic() + 20
                while "429" not in (tmp_path / "statuses").read_text():
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.1)
                beside = await p99(client, headers)
            await client.get("/close")
    statuses = Counter((tmp_path / "statuses").read_text().split())
    print(f"alone: median {alone[0] * 1e3:.2f} ms, p99 {alone[1] * 1e3:.2f} ms; beside: {beside} {statuses}")
    assert set(statuses) <= {"401", "429"}, statuses
    assert beside[1] <= 2 * alone[1] + 0.005, (alone, beside, statuses)
