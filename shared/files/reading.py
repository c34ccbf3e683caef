"""Bytes of a file, whatever parts they lie in."""

from collections.abc import AsyncIterator, Sequence

from shared.files.store import FileStore
from shared.files.stored_file import PartRow


async def read_range(
    store: FileStore, parts: Sequence[PartRow], start: int = 0, end: int | None = None
) -> AsyncIterator[bytes]:
    """The bytes from `start` up to before `end` (None: the last), in pieces; only the parts that hold some are read."""
    for part in parts:
        begin = max(start - part.starts_at, 0)
        stop = part.size if end is None else min(end - part.starts_at, part.size)
        if begin < stop:
            async for piece in store.get(part.key, begin, stop):
                yield piece


async def read_bytes(store: FileStore, parts: Sequence[PartRow], start: int, end: int) -> bytes:
    """The same at once, for a few megabytes at most."""
    return b"".join([piece async for piece in read_range(store, parts, start, end)])
