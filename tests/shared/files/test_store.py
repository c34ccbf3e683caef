"""The port to bytes, on each of its stores: what is put is there, whole or in ranges; what is not put is not.

With `PATRON_TEST_S3` (`s3://bucket`, as `PATRON_FILES` has it) also on a server that speaks S3.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.chassis.problems import problem_of
from shared.files import FileStore, open_store
from shared.files.store import StoreUnavailable
from shared.messaging.database.failures import is_transient

S3 = os.environ.get("PATRON_TEST_S3")


@pytest.fixture(params=["memory", "folder", *(["s3"] if S3 else [])])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place where nothing is yet."""
    return {"memory": "memory://", "folder": str(tmp_path), "s3": f"{S3}/{uuid4()}"}[request.param]


@pytest.fixture
def store(location: str) -> FileStore:
    return open_store(location, "profile")


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def cut() -> AsyncIterator[bytes]:
    yield b"half"
    raise ConnectionError("cut")


async def test_what_is_put_is_read_whole_and_in_ranges(store: FileStore) -> None:
    assert await store.put("a/b", pieces(b"0123", b"456789")) == 10
    assert [piece async for piece in store.get("a/b")] == [b"0123456789"]
    assert b"".join([piece async for piece in store.get("a/b", 3, 6)]) == b"345"
    assert [piece async for piece in store.get("a/b", 6, 6)] == []
    info = await store.stat("a/b")
    assert info is not None
    assert info.size == 10
    listed = [item async for batch in store.list() for item in batch]
    assert [(item.key, item.size) for item in listed] == [("a/b", 10)]


async def test_a_part_of_several_megabytes_comes_back_in_pieces(store: FileStore) -> None:
    content = os.urandom(4 * 1024 * 1024)
    await store.put("file/0", pieces(content[:1_000_000], content[1_000_000:]))
    received = [piece async for piece in store.get("file/0")]
    assert len(received) > 1
    assert b"".join(received) == content
    assert b"".join([piece async for piece in store.get("file/0", 3_999_999)]) == content[3_999_999:]


async def test_more_objects_than_a_batch_are_all_listed_and_all_deleted(store: FileStore) -> None:
    keys = [f"file/{number}" for number in range(1003)]
    for at in range(0, len(keys), 59):
        async with asyncio.TaskGroup() as group:
            for key in keys[at : at + 59]:
                group.create_task(store.put(key, pieces(b"x")))
    assert sorted([item.key async for batch in store.list() for item in batch]) == sorted(keys)
    await store.delete(keys)
    assert [item async for batch in store.list() for item in batch] == []


async def test_services_that_share_a_place_do_not_see_each_other_s(location: str, store: FileStore) -> None:
    await store.put("a/b", pieces(b"x"))
    other = open_store(location, "complaint")
    assert await other.stat("a/b") is None
    assert [item async for batch in other.list() for item in batch] == []


async def test_a_stream_that_breaks_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(ConnectionError):
        await store.put("a/b", cut())
    assert await store.stat("a/b") is None
    assert [item async for batch in store.list() for item in batch] == []


async def test_what_is_not_there_is_said_and_deleting_it_is_no_error(store: FileStore) -> None:
    assert await store.stat("a/b") is None
    with pytest.raises(FileNotFoundError):
        [piece async for piece in store.get("a/b")]
    await store.put("a/c", pieces(b"x"))
    await store.delete(["a/b", "a/c"])
    assert await store.stat("a/c") is None


async def test_a_store_that_does_not_answer_is_waited_for_like_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within seconds: jobs try again, requests are 503."""
    here = {"ENDPOINT_URL": "http://127.0.0.1:9", "ALLOW_HTTP": "true", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}
    for name, value in here.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    away = open_store("s3://bucket", "profile")
    for attempt in (away.put("a/b", pieces(b"x")), away.stat("a/b"), away.delete(["a/b"]), anext(away.list())):
        with pytest.raises(StoreUnavailable) as caught:
            await asyncio.wait_for(attempt, 30)
        assert is_transient(caught.value)
        assert problem_of(caught.value).status_code == 503


def test_a_place_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="PATRON_FILES"):
        open_store("ftp://somewhere", "profile")


def test_services_that_share_a_folder_have_one_each(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}", "profile")
    open_store(str(tmp_path), "complaint")
    assert {path.name for path in tmp_path.iterdir()} == {"profile", "complaint"}
    assert (tmp_path / "profile").stat().st_mode & 0o077 == 0
