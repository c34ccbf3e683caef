"""kill -9 of imports, their undoing and exports at named points: each row once, each byte once, no more and no less."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from services.profile_svc.subscriptions import jobs
from shared.messaging import Database
from tests import harness
from tests.profile_svc.imports.importing import counted
from tests.profile_svc.registry import RegistryStandIn

SERVICE = "profile"
ROWS = 1100
CONTENT = ("kind,name\n" + "".join(f"person,Customer {number}\n" for number in range(ROWS)) + "person,\n").encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def app(database: Database, keys: harness.Keys, registry: RegistryStandIn, folder: Path) -> FastAPI:
    jobs.hold_seconds = 0
    return harness.app_of("profile", database, keys, transport=registry.transport, files=str(folder))


async def killed(database: Database, folder: Path, keys: harness.Keys, fault: str) -> None:
    """Work on all jobs in a process that dies at the point; a point that it never comes by fails the test."""
    command = [sys.executable, "-m", "tests.profile_svc.imports.killed", database.url, str(folder), str(keys.directory)]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | {"PATRON_FAULT": fault})
    assert await process.wait() == -signal.SIGKILL, fault


async def facts_of(database: Database) -> dict[str, Any]:
    """What there is of customers, and of the events about them."""

    async def count(tx: Any) -> dict[str, Any]:
        return {
            "files": await tx.raw.fetchval("select count(*) from customer where kind = 'person'"),
            "names": await tx.raw.fetchval("select count(distinct facts #>> '{names,0,name}') from customer"),
            "rows": await tx.raw.fetchval("select count(*) from import_row"),
            "registered": await tx.raw.fetchval(
                "select count(*) from outbox where type = 'profile.customer_registered.v1'"
            ),
            "trail": await tx.raw.fetchval("select count(*) from access_trail where action = 'opened'"),
        }

    return await database.run(count)


async def test_P12_an_import_goes_on_exactly_where_it_was_killed(importer, database, folder, keys):
    import_id = await importer.start(CONTENT)
    for fault in ("imports.before_commit:2", "imports.after_commit:1"):
        await killed(database, folder, keys, fault)
    await importer.work()
    imported = await importer.read(import_id)
    assert (imported["status"], counted(imported)) == ("done", {"opened": ROWS, "refused": 1})
    assert await facts_of(database) == {
        "files": ROWS, "names": ROWS, "rows": ROWS + 1, "registered": ROWS, "trail": ROWS
    }  # fmt: skip
    assert (await importer.client.post(f"/v1/customer-imports/{import_id}/reversal")).status_code == 202
    await killed(database, folder, keys, "imports.before_commit:2")
    await importer.work()
    reversal = (await importer.read(import_id))["reversal"]
    assert (reversal["customers_undone"], reversal["customers_kept"]) == (ROWS, 0)
    assert (await facts_of(database))["files"] == 0


async def test_P12_an_export_has_each_customer_once_after_a_kill(importer, database, folder, keys):
    await importer.run(CONTENT)
    answer = await importer.client.post("/v1/customer-exports", json={"fields": ["names"], "format": "ndjson"})
    for fault in ("exports.after_part:2", "files.after_put:3"):
        await killed(database, folder, keys, fault)
    await importer.work()
    content = (await importer.client.get(f"{answer.headers['location']}/file")).content
    lines = content.splitlines()
    assert (len(lines), len(set(lines))) == (ROWS, ROWS)
    known = await database.run(lambda tx: tx.raw.fetch("select key from stored_part"))
    lying = {str(path.relative_to(folder / "profile")) for path in (folder / "profile").rglob("*") if path.is_file()}
    assert {row["key"] for row in known} < lying  # and the parts that were put in vain, which are swept later
