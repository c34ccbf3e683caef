"""A service in a process of its own, by the command that runs services: it starts, serves, and goes when told to."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.messaging import Database
from tests import harness

ROOT = Path(__file__).resolve().parents[3]
Process = tuple[subprocess.Popen[bytes], str, str]  # where it answers callers, and where other services


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def process(database: Database, keys: harness.Keys, tmp_path: Path) -> Iterator[Process]:
    port, internal_port = free_port(), free_port()
    log = (tmp_path / "log").open("wb")
    flags = ["--port", str(port), "--internal-port", str(internal_port)]
    command = [sys.executable, "-m", "shared.chassis.server", "tests.shared.chassis.sample:create_alone", *flags]
    environment = os.environ | {
        "PATRON_DATABASE_URL": database.url,
        "PATRON_KEYS": str(keys.directory),
        "PYTHONPATH": str(ROOT),
    }
    child = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield child, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{internal_port}"
    finally:
        child.kill()
        child.wait()
        log.close()


async def until_ready(client: httpx.AsyncClient) -> None:
    for _ in range(600):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("it was not ready within a minute")


async def test_it_goes_at_once_when_told_to_though_a_stream_is_open(
    process: Process, keys: harness.Keys, database: Database, tmp_path: Path
) -> None:
    child, url, _ = process
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        await until_ready(client)
        made = await client.post("/v1/things", json={"name": "one"}, headers=keys.headers("profile"))
        assert made.status_code == 201
        async with client.stream("GET", "/v1/stream") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "begun"
            child.send_signal(signal.SIGTERM)
            assert await anext(lines) == "ended"
    await asyncio.wait_for(asyncio.to_thread(child.wait), 30)
    assert child.returncode in (0, -signal.SIGTERM)
    unsent = "select count(*) from outbox_unsent"
    assert await database.run(lambda tx: tx.raw.fetchval(unsent)) == 0
    lines_written = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    events = [line["event"] for line in lines_written]
    assert "started" in events
    assert events.index("stopped") > events.index("started")
    assert "did_not_stop_in_time" not in events


async def answer_of(client: httpx.AsyncClient, url: str, method: str = "GET") -> tuple[int, bytes, list[str]]:
    """What tells one answer from another: its status, its body, and which headers it has."""
    answer = await client.request(method, url)
    return answer.status_code, answer.content, sorted(answer.headers)


async def test_internal_paths_and_metrics_are_at_the_internal_port_only(process: Process, keys: harness.Keys) -> None:
    _, outside, inside = process
    async with httpx.AsyncClient(timeout=30, headers=keys.internal("profile")) as client:
        client.base_url = httpx.URL(outside)
        await until_ready(client)
        for method in ("GET", "POST", "DELETE", "OPTIONS", "HEAD"):
            nothing = await answer_of(client, f"{outside}/nothing-here", method)
            assert nothing[0] == 404
            for path in (
                "/metrics",
                "/metrics/",
                "/%6detrics",
                "/internal/status",
                "/internal/%73tatus?q=1",
                "/internal/x",
            ):
                assert await answer_of(client, outside + path, method) == nothing, (method, path)
            for path in ("/v1/things", "/v1/open", "/internal", "/"):
                assert await answer_of(client, inside + path, method) == nothing, (method, path)
        for path in ("/metrics", "/internal/status", "/livez", "/readyz", "/openapi.json"):
            assert (await answer_of(client, inside + path))[0] == 200, path
        for path in ("/livez", "/readyz", "/openapi.json", "/docs", "/v1/open"):
            assert (await answer_of(client, outside + path))[0] == 200, path
        nobody = await client.get(f"{inside}/internal/status", headers={"Authorization": ""})
        assert nobody.status_code == 401, "a port is no permission"
