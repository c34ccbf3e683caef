"""The port to bytes, on each of its stores: what is put is there, whole or in ranges; what is not put is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.files import FileStore, open_store


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    return open_store("memory://" if request.param == "memory" else str(tmp_path), "profile")


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


def test_a_place_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="PATRON_FILES"):
        open_store("ftp://somewhere", "profile")


def test_services_that_share_a_folder_have_one_each(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}", "profile")
    open_store(str(tmp_path), "complaint")
    assert {path.name for path in tmp_path.iterdir()} == {"profile", "complaint"}
    assert (tmp_path / "profile").stat().st_mode & 0o077 == 0
