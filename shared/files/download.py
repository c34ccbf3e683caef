"""A stored file as an answer: whole or a range of it, with its digest as ETag."""

import re
from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from shared.chassis.http.ranges import ByteRange, asked_range
from shared.files import repository
from shared.files.reading import read_range
from shared.files.store import FileStore
from shared.files.stored_file import StoredFile
from shared.messaging import Database


async def send_file(request: Request, database: Database, store: FileStore, file: StoredFile) -> Response:
    """200 with all of a ready file, 206 with the range that `Range` and `If-Range` ask for, 304 for who has it."""
    size = file.received
    headers = {
        "ETag": file.etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(file.name or "file"),
        "Content-Type": file.media_type or "application/octet-stream",
    }
    known = {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {file.etag, "*"}:
        return Response(status_code=304, headers=headers)
    part = asked_range(request.headers.get("range"), request.headers.get("if-range"), file.etag, size)
    wanted = part or ByteRange(0, size, size)
    parts = await database.run(lambda tx: repository.list_parts(tx, file.id))
    headers["Content-Length"] = str(wanted.end - wanted.start)
    if part is not None:
        headers["Content-Range"] = part.content_range
    content = read_range(store, parts, wanted.start, wanted.end)
    return StreamingResponse(content, 200 if part is None else 206, headers)


def disposition(name: str) -> str:
    """`Content-Disposition` of something to keep: never shown in a browser's page, whatever it is (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:100]
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:200], safe='')}"
