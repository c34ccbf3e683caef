"""kill -9 between the last byte of an upload and its being ready: nothing is lost, and the next request ends it."""

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI

from shared.files.repository import find_file
from shared.messaging import Database
from tests import harness
from tests.profile_svc.imports.test_uploads import CSV, id_in, opened, sent

SERVICE = "profile"
SEND_ALL = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from shared.files import file_store
from shared.files.repository import find_file
from shared.files.writing import append_upload
from shared.messaging import Database
from tests import harness
url, files, keys, file_id, content = sys.argv[1:]

async def pieces():
    yield Path(content).read_bytes()

async def main():
    database = Database(url)
    app = harness.app_of("profile", database, harness.Keys(Path(keys)), files=files)
    file = await database.run(lambda tx: find_file(tx, UUID(file_id)))
    await append_upload(database, file_store(app.state.service.settings), file, pieces())

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def app(database: Database, keys: harness.Keys, folder: Path) -> FastAPI:
    return harness.app_of("profile", database, keys, files=str(folder))


async def test_P12_an_upload_that_was_killed_before_it_was_ready_is_ended_by_the_next_request(
    client, database, folder, keys, tmp_path
):
    path = await opened(client, len(CSV))
    (tmp_path / "content").write_bytes(CSV)
    arguments = [database.url, str(folder), str(keys.directory), str(id_in(path)), str(tmp_path / "content")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SEND_ALL, *arguments), env=os.environ | {"PATRON_FAULT": "files.before_complete:1"}
    )
    assert await process.wait() == -signal.SIGKILL
    head = await client.head(path)
    assert head.headers["upload-offset"] == str(len(CSV)), "every byte that came is there"
    assert (await database.run(lambda tx: find_file(tx, id_in(path)))).state != "ready"
    ended = await sent(client, path, b"", len(CSV))
    assert ended.status_code == 204
    file = await database.run(lambda tx: find_file(tx, id_in(path)))
    assert (file.state, file.sha256) == ("ready", hashlib.sha256(CSV).digest())
