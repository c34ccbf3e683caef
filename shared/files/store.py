"""Where bytes lie: the store behind its port. A folder, or one that speaks S3; nothing here knows of files or rows."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, InvalidPathError, NotFoundError
from obstore.store import LocalStore, MemoryStore, S3Store

PIECE = 256 * 1024  # what is handed on at once
# Of a store behind a network. Its own defaults try for three minutes, longer than anybody waits for an answer.
PATIENCE: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


class StoreUnavailable(ConnectionError):
    """The store does not answer, or not to us: the same may be done later, as with a database that is away."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store says of an object: its key, its size in bytes and when it was written."""

    key: str
    size: int
    written_at: datetime


class FileStore(Protocol):
    """Where bytes lie, by key. A key is written once and never changed; what is half written is not there."""

    async def put(self, key: str, stream: AsyncIterable[bytes]) -> int:
        """Keep all of the stream under the key, or nothing of it; returns how many bytes there were."""
        ...

    def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to before `end` (None: to the last), in pieces. FileNotFoundError."""
        ...

    async def stat(self, key: str) -> ObjectInfo | None:
        """Size and time of an object; None where there is none."""
        ...

    async def delete(self, keys: list[str]) -> None:
        """Remove objects; those that are not there are passed over."""
        ...

    def list(self) -> AsyncIterator[list[ObjectInfo]]:
        """All objects, in batches, in no particular order."""
        ...


class ObjectFileStore:
    """The port on any of obstore's stores. `folder` is where a local store's bytes lie: they are forced to disk."""

    def __init__(self, store: Any, folder: Path | None = None, *, deletes_many: bool = False) -> None:
        self._store = store
        self._folder = folder
        self._deletes_many = deletes_many

    async def put(self, key: str, stream: AsyncIterable[bytes]) -> int:
        """Parts are a few megabytes: they are gathered and put at once, so that an interrupted one was never there."""
        content = bytearray()
        async for piece in stream:
            content += piece
        with _errors_named():
            await obstore.put_async(self._store, key, bytes(content))
        if self._folder is not None:
            await asyncio.to_thread(_force_to_disk, self._folder / key)
        return len(content)

    async def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Reads the range at once (a part is small), and hands it on in pieces."""
        if end is None:
            info = await self.stat(key)
            if info is None:
                raise FileNotFoundError(key)
            end = info.size
        if end <= start:
            return
        with _errors_named():
            content = memoryview(await obstore.get_range_async(self._store, key, start=start, end=end))
        for at in range(0, len(content), PIECE):
            yield bytes(content[at : at + PIECE])

    async def stat(self, key: str) -> ObjectInfo | None:
        """By a head request, or the file's own stat."""
        try:
            with _errors_named():
                meta = await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return None
        return ObjectInfo(key, meta["size"], meta["last_modified"])

    async def delete(self, keys: list[str]) -> None:
        """All at once, or one after the other where the store knows no bulk request."""
        for some in [keys] if self._deletes_many else [[key] for key in keys]:
            try:
                with _errors_named():
                    await obstore.delete_async(self._store, some)
            except FileNotFoundError:
                continue

    async def list(self) -> AsyncIterator[list[ObjectInfo]]:
        """A page at a time, as the store gives them."""
        with _errors_named():
            async for batch in obstore.list(self._store, chunk_size=1000):
                yield [ObjectInfo(meta["path"], meta["size"], meta["last_modified"]) for meta in batch]


def open_store(location: str, area: str) -> ObjectFileStore:
    """The store at a location: a folder's path, `file:///…`, `s3://bucket/prefix` or `memory://`. `area` keeps the
    services apart that share a location. S3's keys, region and endpoint come from the usual `AWS_…` variables."""
    url = urlsplit(location)
    if url.scheme == "memory":
        return ObjectFileStore(MemoryStore())
    if url.scheme == "s3":
        prefix = "/".join(part for part in (url.path.strip("/"), area) if part)
        store = S3Store(url.netloc, prefix=prefix, retry_config=PATIENCE)
        return ObjectFileStore(store, deletes_many=True)
    if url.scheme not in ("", "file"):
        raise ValueError("PATRON_FILES is a folder, file:///…, s3://bucket/prefix or memory://")
    folder = (Path(url.path if url.scheme else location) / area).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ObjectFileStore(LocalStore(folder), folder)


@contextmanager
def _errors_named() -> Iterator[None]:
    """What the store's library raises, as what callers wait out: FileNotFoundError stays, the rest is unavailable."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise FileNotFoundError("there is no such object") from error
    except InvalidPathError:
        raise
    except BaseError as error:
        raise StoreUnavailable(type(error).__name__) from error


def _force_to_disk(file: Path) -> None:
    """The content, and the name in its folders: what a row says is there is there after a power cut, too."""
    for path in (file, file.parent, file.parent.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
