"""Resumable uploads (tus 1.0.0): every byte once, whatever was cut; what is refused leaves nothing."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.requests import ClientDisconnect

from shared.files import file_store, read_range
from shared.files.removal import delete_removed_bytes
from shared.files.repository import find_file, list_parts
from shared.files.sweeping import delete_orphans
from shared.files.writing import append_upload, put_part

SERVICE = "profile"
CSV = b"kind,name\n" + b"person,Ada\n" * 200
OFFSETS = {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def store(app: Any) -> Any:
    return file_store(app.state.service.settings)


def metadata(**pairs: str) -> dict[str, str]:
    return {
        "Upload-Metadata": ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in pairs.items())
    }


async def opened(client: httpx.AsyncClient, size: int, **headers: str) -> str:
    answer = await client.post("/v1/uploads", headers={"Upload-Length": str(size), "Tus-Resumable": "1.0.0"} | headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-offset"] == "0"
    return answer.headers["location"]


async def sent(client: httpx.AsyncClient, path: str, content: Any, offset: int = 0, **headers: str) -> httpx.Response:
    return await client.patch(path, content=content, headers=OFFSETS | {"Upload-Offset": str(offset)} | headers)


def id_in(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


async def content_of(database: Any, store: Any, path: str) -> bytes:
    parts = await database.run(lambda tx: list_parts(tx, id_in(path)))
    return b"".join([piece async for piece in read_range(store, parts)])


async def test_P12_a_file_comes_in_pieces_and_is_ready_with_its_last_byte(client, database, store):
    path = await opened(client, len(CSV), **metadata(filename="客户.csv", filetype="text/csv"))
    first = await sent(client, path, CSV[:1000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "1000")
    head = await client.head(path)
    assert (head.status_code, head.headers["upload-offset"], head.headers["upload-length"]) == (
        200,
        "1000",
        str(len(CSV)),
    )
    last = await sent(client, path, CSV[1000:], 1000)
    assert last.headers["upload-offset"] == str(len(CSV))
    assert await content_of(database, store, path) == CSV
    file = await database.run(lambda tx: find_file(tx, id_in(path)))
    assert (file.state, file.media_type, file.name) == ("ready", "text/csv", "客户.csv")
    assert file.sha256 == hashlib.sha256(CSV).digest()
    again = await sent(client, path, b"", len(CSV))
    assert (again.status_code, again.headers["upload-offset"]) == (204, str(len(CSV)))


async def test_P12_of_a_cut_request_what_came_stays(client, database, store):
    path = await opened(client, len(CSV))

    async def cut() -> AsyncIterator[bytes]:
        yield CSV[:700]
        raise ClientDisconnect

    file = await database.run(lambda tx: find_file(tx, id_in(path)))
    with pytest.raises(ClientDisconnect):
        await append_upload(database, store, file, cut())
    head = await client.head(path)
    offset = int(head.headers["upload-offset"])
    assert offset == 700
    assert (await sent(client, path, CSV[offset:], offset)).status_code == 204
    assert await content_of(database, store, path) == CSV


async def test_P12_a_part_at_another_offset_is_refused(client, database, store):
    path = await opened(client, len(CSV))
    await sent(client, path, CSV[:500])
    for offset in (0, 499, 501, len(CSV)):
        answer = await sent(client, path, CSV[offset:], offset)
        assert (answer.status_code, answer.json()["code"], answer.json()["received"]) == (409, "offset_mismatch", 500)
    assert await content_of(database, store, path) == CSV[:500]


async def test_P12_an_upload_is_its_senders_own(client, as_role):
    path = await opened(client, len(CSV))
    others = as_role("agent", subject="somebody-else")
    for answer in (
        await client.head(path, headers=others),
        await client.delete(path, headers=others),
        await sent(client, path, CSV, **others),
        await sent(client, f"/v1/uploads/{uuid4()}", CSV),
    ):
        assert answer.status_code == 404
    assert (await client.head(path)).headers["upload-offset"] == "0"


@pytest.mark.parametrize(
    ("content", "declared", "status", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "text/csv", 422, "not_what_it_says"),
        (b"PK\x03\x04\x14\0\0\0\x08\0" + b"\0" * 100, "", 415, "media_type_not_accepted"),
        (b"<script>alert(1)</script>,b\n", "text/csv", 422, "not_what_it_says"),
    ],
)
async def test_P12_what_is_not_what_it_says_is_refused_and_gone(
    client, database, store, content, declared, status, code
):
    path = await opened(client, len(content), **metadata(filetype=declared))
    answer = await sent(client, path, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.head(path)).status_code == 404
    assert await content_of(database, store, path) == b""


async def test_P12_more_than_was_announced_is_refused(client):
    path = await opened(client, 100)
    answer = await sent(client, path, CSV)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_long")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 422, "validation_failed"),
        ({"Upload-Length": "-1"}, 422, "validation_failed"),
        ({"Upload-Length": "0"}, 422, "validation_failed"),
        ({"Upload-Length": str(3 * 1024**3)}, 413, "body_too_large"),
        ({"Upload-Length": "9", "Tus-Resumable": "0.2.2"}, 412, "upload_protocol_not_supported"),
        ({"Upload-Length": "9", "Upload-Metadata": "filename §§"}, 422, "invalid_upload_metadata"),
        ({"Upload-Length": "9", **metadata(filetype="application/zip")}, 415, "media_type_not_accepted"),
    ],
)
async def test_P12_what_no_upload_can_be_is_refused(client, database, headers, status, code):
    answer = await client.post("/v1/uploads", headers={name: text.encode() for name, text in headers.items()})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from stored_file")) == 0


async def test_P12_one_client_has_only_so_many_at_once(client):
    paths = [await opened(client, 10) for _ in range(20)]
    refused = await client.post("/v1/uploads", headers={"Upload-Length": "10"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_uploads")
    assert (await client.delete(paths[0])).status_code == 204
    await opened(client, 10)


async def test_P12_bytes_without_a_row_are_swept_and_bytes_with_one_stay(client, database, store):
    path = await opened(client, len(CSV))
    await sent(client, path, CSV)
    orphan, _ = await put_part(store, uuid4(), 0, b"of a process that was killed")
    young = database.clock().replace(year=2000)
    assert await delete_orphans(database, store, young) == 0
    await delete_orphans(database, store, database.clock().replace(year=2100))
    assert await store.stat(orphan.key) is None
    assert await content_of(database, store, path) == CSV


async def test_P13_a_deleted_upload_leaves_no_bytes(client, database, store):
    path = await opened(client, len(CSV))
    await sent(client, path, CSV)
    (part,) = await database.run(lambda tx: list_parts(tx, id_in(path)))
    assert (await client.delete(path)).status_code == 204
    assert await delete_removed_bytes(database, store) == 1
    assert await store.stat(part.key) is None
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from removed_part")) == 0
