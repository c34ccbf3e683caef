"""Bytes of a file come in: part by part, each put into the store first and named by a row after that."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from starlette.requests import ClientDisconnect

from shared.chassis import Refused
from shared.files import repository
from shared.files.media_types import HEAD_BYTES, check_media_type
from shared.files.reading import read_range
from shared.files.store import FileStore
from shared.files.stored_file import PartRow, StoredFile
from shared.messaging import Database, Transaction, new_id
from shared.messaging.faults import point

PART_BYTES = 4 * 1024 * 1024  # at most; of a slow sender's cut upload no more than this has to be sent again


async def add_part(
    database: Database, store: FileStore, file: StoredFile, content: bytes, *, media_type: str | None = None
) -> StoredFile:
    """The file with these bytes more at its end. 409 `offset_mismatch` when it has grown meanwhile."""
    part, digest = await put_part(store, file.id, file.received, content)
    try:
        return await database.run(lambda tx: repository.add_part_row(tx, file.id, part, digest, media_type))
    except Exception:
        # The commit may have been lost after it was done: the row, if there is one, keeps the bytes.
        known = await database.run(lambda tx: repository.list_known_keys(tx, [part.key]))
        if not known:
            await store.delete([part.key])
        raise


async def put_part(store: FileStore, file_id: UUID, starts_at: int, content: bytes) -> tuple[PartRow, bytes]:
    """Put bytes under a key that nobody had before; the part and its digest. A row has to name them: what gets none is
    swept away."""
    key = f"{file_id.hex}/{new_id().hex}"

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    await store.put(key, pieces())
    point("files.after_put")
    return PartRow(key, starts_at, len(content)), hashlib.sha256(content).digest()


async def digest_of(content: AsyncIterator[bytes]) -> bytes:
    """SHA-256 over all of it."""
    counted = hashlib.sha256()
    async for piece in content:
        counted.update(piece)
    return counted.digest()


async def append_upload(
    database: Database, store: FileStore, file: StoredFile, stream: AsyncIterator[bytes]
) -> StoredFile:
    """Add what a client sends. What came before its connection was cut stays, and `ClientDisconnect` goes on.

    The first part decides what the file is: 415 or 422 before the rest of it is sent. 413 for more than was announced.
    """
    assert file.size is not None
    digest = hashlib.sha256() if file.received == 0 else None  # over all of it, where all of it comes at once
    buffer = bytearray()

    async def flush() -> None:
        nonlocal file
        content = bytes(buffer)
        buffer.clear()
        if not content:
            return
        media_type = None
        if file.received < HEAD_BYTES:
            media_type = await _checked_type(database, store, file, content)
        if digest is not None:
            digest.update(content)
        file = await add_part(database, store, file, content, media_type=media_type)

    try:
        async for piece in stream:
            if file.received + len(buffer) + len(piece) > file.size:
                raise too_long(file.size)
            buffer += piece
            if len(buffer) >= PART_BYTES:
                await flush()
    except BaseException as error:
        # a cut connection costs nothing of what came; what is refused leaves nothing more
        if isinstance(error, ClientDisconnect):
            await flush()
        raise
    await flush()
    if file.received < file.size:
        return file
    return await complete_file(database, store, file, None if digest is None else digest.digest())


async def _checked_type(database: Database, store: FileStore, file: StoredFile, content: bytes) -> str | None:
    """The type by the beginning of the file, as soon as enough of it is there; None: too little to tell."""
    before = b""
    if file.received:
        parts = await database.run(lambda tx: repository.list_parts(tx, file.id))
        before = b"".join([piece async for piece in read_range(store, parts, 0, HEAD_BYTES)])
    head = (before + content)[:HEAD_BYTES]
    if len(head) < HEAD_BYTES and file.received + len(content) < (file.size or 0):
        return None
    return check_media_type(head, file.declared_type)


async def complete_file(
    database: Database, store: FileStore, file: StoredFile, digest: bytes | None = None
) -> StoredFile:
    """All bytes are there: the digest over them, and the file is ready. Done again, it changes nothing."""
    if digest is None:
        parts = await database.run(lambda tx: repository.list_parts(tx, file.id))
        digest = await digest_of(read_range(store, parts))
    point("files.before_complete")
    sha256 = digest
    return await database.run(lambda tx: repository.save_complete(tx, file.id, sha256))


async def open_generated_file(
    tx: Transaction, *, area: str, owner: str, expires_at: datetime, name: str, media_type: str
) -> StoredFile:
    """A file that a job writes, part by part, for who asked for it."""
    return await repository.add_file(
        tx, new_id(), area=area, owner=owner, expires_at=expires_at, name=name, media_type=media_type
    )


def too_long(size: int) -> Refused:
    """413: the body goes on behind the length that was announced."""
    return Refused(413, "upload_too_long", f"The upload was announced with {size} bytes.", limit=size)
