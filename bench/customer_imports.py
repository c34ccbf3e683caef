"""How fast customers are imported and exported, and in how much memory: `python -m bench.customer_imports [ROWS]`.

A CSV file goes through the gateway into a system of its own, is imported there and exported again; then the limit
program (`bench/limits/customer_rows.py`) writes the same rows without reading what they say. A line for each.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench import environment
from deploy.embedded.system import System
from shared.http import new_client

MIB = 1024 * 1024
PIECE = 1024 * 1024
OFFSETS = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


def write_table(file: Path, rows: int) -> None:
    """Persons with a name, a number and an address each."""
    with file.open("w", encoding="utf-8") as table:
        table.write("kind,name,phone,email,region\n")
        for number in range(rows):
            local = f"{number % 1000:03}{number // 1000 % 10000:04}"
            table.write(f"person,Customer {number:07},+86138{number:08},c{local}.{number}@example.com,r{number % 40}\n")


async def pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece


async def measure(system: System, file: Path, rows: int) -> None:
    profile = psutil.Process(system.pids["profile"])
    async with new_client(system.gateway_url) as client:
        client.timeout = httpx.Timeout(600)
        await sign_in(client)
        before = profile.memory_info().rss
        began = time.perf_counter()
        size = file.stat().st_size
        upload = (await client.post("/v1/uploads", headers={"Upload-Length": str(size)})).headers["location"]
        sent = await client.patch(upload, content=pieces(file), headers=OFFSETS | {"Content-Length": str(size)})
        sent.raise_for_status()
        print(f"upload   {size / MIB:.0f} MiB in {time.perf_counter() - began:.1f} s", flush=True)
        for name, path, body in (
            ("import", "/v1/customer-imports", {"upload_id": upload.rpartition("/")[2], "on_existing": "update"}),
            ("export", "/v1/customer-exports", {"format": "csv"}),
        ):
            began = time.perf_counter()
            run = await _finished(client, path, body)
            seconds = time.perf_counter() - began
            if run["status"] != "done" or run["progress"]["done"] != rows:
                raise SystemExit(f"{name} did not end well: {run}")
            growth = (profile.memory_info().rss - before) / MIB
            print(f"{name}   {rows:,} customers in {seconds:.1f} s: {rows / seconds:,.0f} rows/s", flush=True)
            print(f"         profile's memory is {growth:.0f} MiB more than before the upload", flush=True)


async def _finished(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask for a run, and look at it until it has come to its end."""
    answer = await client.post(path, json=body)
    answer.raise_for_status()
    run: dict[str, Any] = answer.json()
    while run["status"] in ("waiting", "running"):
        await asyncio.sleep(0.5)
        run = (await client.get(f"{path}/{run['id']}")).raise_for_status().json()
    return run


async def sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.post("/dev/token", json={"role": "admin"})
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def main(rows: int) -> None:
    with environment.embedded_system("profile", "gateway") as system:
        file = system.data_dir / "customers.csv"
        write_table(file, rows)
        asyncio.run(measure(system, file, rows))
        system.postgres.create_database("limit_rows")
        limit = environment.run_program("bench.limits.customer_rows", system.postgres.url("limit_rows"), str(file))
        print(f"limit    {rows:,} rows in {limit['seconds']:.1f} s: {rows / limit['seconds']:,.0f} rows/s")
        print(json.dumps({"rows": rows, "limit_rows_per_second": rows / limit["seconds"]}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
