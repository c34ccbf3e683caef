"""Resumable uploads over HTTP: tus 1.0.0, its core protocol with the extensions creation and termination.

`POST /v1/uploads` with `Upload-Length` opens one, `PATCH` adds bytes at `Upload-Offset`, `HEAD` says how far it is.
An upload is its sender's own: nobody else finds it. With its last byte it is ready for what takes uploads by their id.
"""

import base64
import re
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from shared.chassis import Actor, CurrentActor, Id, Refused, Service, Tx, allow, sends, service_router, staff_only
from shared.chassis.http.streaming import streaming_router
from shared.errors import DomainError, conflict, not_found
from shared.files import repository
from shared.files.download import send_file
from shared.files.media_types import ACCEPTED, SAME, UNKNOWN
from shared.files.removal import remove_files
from shared.files.settings import FileSettings, file_store
from shared.files.stored_file import StoredFile
from shared.files.writing import append_upload, complete_file
from shared.messaging import Transaction, new_id

AREA = "uploads"
VERSION = "1.0.0"
OFFSETS = "application/offset+octet-stream"
MOST_OPEN = 20  # of one client
REFUSED_CONTENT = frozenset({"not_what_it_says", "media_type_not_accepted"})
METADATA_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,64}")

UploadLength = Annotated[str | None, Header(max_length=20, description="how many bytes the file has")]
UploadOffset = Annotated[str | None, Header(max_length=20, description="how many of them are there: from `HEAD`")]
UploadMetadata = Annotated[
    str | None,
    Header(max_length=2000, description="`filename` and `filetype`, each with its value in base64, parted by commas"),
]
Resumable = Annotated[str | None, Header(max_length=20, description="the version of the protocol: 1.0.0")]
Progress = sends("Upload-Offset", "Upload-Length", "Tus-Resumable")


def check_version(tus_resumable: Resumable = None) -> None:
    """412 for a client of another version of the protocol."""
    if tus_resumable not in (None, VERSION):
        headers = {"Tus-Version": VERSION}
        raise Refused(412, "upload_protocol_not_supported", "Uploads speak tus 1.0.0.", headers=headers)


ANY_BYTES = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "description": "the bytes",
}
CHECKED = Depends(check_version)


def upload_routers(scope: str) -> tuple[APIRouter, APIRouter]:
    """The routes of uploads for a service that keeps files; `scope` is who may upload."""
    rights = [allow(scope), staff_only, CHECKED]
    router = service_router(prefix="/v1", tags=["files"], dependencies=rights)
    streams = streaming_router(prefix="/v1", tags=["files"])
    router.add_api_route(
        "/uploads", open_upload, methods=["POST"], status_code=201, response_class=Response,
        responses={201: sends("Location", "Upload-Offset", "Tus-Resumable")},
    )  # fmt: skip
    router.add_api_route(
        "/uploads/{upload_id}", show_upload, methods=["HEAD"], response_class=Response, responses={200: Progress}
    )
    router.add_api_route(
        "/uploads/{upload_id}", delete_upload, methods=["DELETE"], status_code=204, response_class=Response
    )
    streams.add_api_route(
        "/uploads/{upload_id}", append_to_upload, methods=["PATCH"], status_code=204, response_class=Response,
        responses={204: Progress}, dependencies=[allow(scope), CHECKED],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {OFFSETS: {"schema": {"type": "string", "format": "binary", "description": "the bytes"}}},
            }
        },
    )  # fmt: skip
    streams.add_api_route(
        "/uploads/{upload_id}/content", read_upload, methods=["GET"], response_class=Response,
        dependencies=[allow(scope)],
        responses={
            200: sends("ETag", "Accept-Ranges", "Content-Disposition") | ANY_BYTES,
            206: sends("ETag", "Content-Range", "Content-Disposition") | ANY_BYTES | {"description": "a range"},
        },
    )  # fmt: skip
    return router, streams


async def open_upload(
    request: Request, tx: Tx, actor: CurrentActor, upload_length: UploadLength = None,
    upload_metadata: UploadMetadata = None,
) -> Response:  # fmt: skip
    """Announce a file: how large it is and, if known, what it is called and of which type. Its bytes are sent to the
    address in `Location`."""
    settings = _settings_of(request)
    size = _number(upload_length, "Upload-Length")
    if size < 1:
        raise Refused(422, "validation_failed", "A file has one byte at least.").at("Upload-Length")
    if size > (limit := settings.largest_upload_bytes):
        raise Refused(413, "body_too_large", f"A file may have {limit} bytes at most.", limit=limit)
    metadata = read_metadata(upload_metadata)
    declared = metadata.get("filetype", "").partition(";")[0].strip().lower()[:100]
    if declared not in UNKNOWN and SAME.get(declared, declared) not in ACCEPTED:
        raise Refused(415, "media_type_not_accepted", f"Files are of one of these: {', '.join(sorted(ACCEPTED))}.")
    if await repository.count_open_files(tx, actor.client, AREA) >= MOST_OPEN:
        raise conflict("too_many_uploads", "Finish or delete your other uploads first.", limit=MOST_OPEN)
    file = await repository.add_file(
        tx, new_id(), area=AREA, owner=actor.client, size=size, name=metadata.get("filename", "")[:200] or None,
        declared_type=declared or None, expires_at=tx.at + timedelta(days=settings.keep_files_days),
    )  # fmt: skip
    return Response(status_code=201, headers=_progress(file) | {"Location": f"/v1/uploads/{file.id}"})


async def show_upload(upload_id: Id, tx: Tx, actor: CurrentActor) -> Response:
    """How far the upload is: `Upload-Offset` of `Upload-Length` bytes are there."""
    file = await load_own_upload(tx, upload_id, actor)
    return Response(status_code=200, headers=_progress(file) | {"Cache-Control": "no-store"})


async def delete_upload(upload_id: Id, tx: Tx, actor: CurrentActor) -> Response:
    """Give the upload up: its bytes are deleted."""
    file = await load_own_upload(tx, upload_id, actor)
    await remove_files(tx, [file.id])
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


async def append_to_upload(
    upload_id: Id, request: Request, actor: CurrentActor, upload_offset: UploadOffset = None
) -> Response:
    """Send the bytes from `Upload-Offset` on, all that are left or some. Of a request that was cut, what came stays:
    ask with `HEAD`, go on from there. What the content is not, the first part already shows: the upload is deleted."""
    if actor.source is not None:
        raise not_found("not_found", "There is nothing here.")
    if request.headers.get("content-type", "").strip().lower() != OFFSETS:
        raise Refused(415, "unsupported_media_type", f"Send {OFFSETS}.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused(415, "content_encoding_not_accepted", "Send the bytes as they are.")
    service: Service = request.app.state.service
    database, store = service.database, file_store(_settings_of(request))
    file = await database.run(lambda tx: load_own_upload(tx, upload_id, actor))
    if _number(upload_offset, "Upload-Offset") != file.received:
        raise repository.offset_mismatch(file.received)
    if file.is_ready:
        return Response(status_code=204, headers=_progress(file))
    try:
        if file.received == file.size:  # the process was killed between the last byte and the digest
            file = await complete_file(database, store, file)
        else:
            file = await append_upload(database, store, file, request.stream())
    except (Refused, DomainError) as refusal:
        if refusal.code in REFUSED_CONTENT:
            await database.run(lambda tx: remove_files(tx, [upload_id]))
        raise
    return Response(status_code=204, headers=_progress(file))


async def read_upload(upload_id: Id, request: Request, actor: CurrentActor) -> Response:
    """The bytes of one's own upload, once all are there: whole, or the range that `Range` and `If-Range` ask for."""
    service: Service = request.app.state.service
    file = await service.database.run(lambda tx: load_own_upload(tx, upload_id, actor))
    if not file.is_ready:
        raise upload_incomplete(file)
    return await send_file(request, service.database, file_store(_settings_of(request)), file)


async def load_own_upload(tx: Transaction, upload_id: UUID, actor: Actor) -> StoredFile:
    """The upload of who asks; 404 `upload_not_found` for everybody else's."""
    file = await repository.find_file(tx, upload_id, area=AREA)
    if file is None or file.owner != actor.client:
        raise not_found("upload_not_found", "There is no such upload.")
    return file


async def load_ready_upload(tx: Transaction, upload_id: UUID, actor: Actor, *media_types: str) -> StoredFile:
    """The upload of who asks, with all of its bytes: 404 `upload_not_found`, 409 `upload_incomplete`, and 422
    `not_what_it_says` for one that is none of the media types."""
    file = await load_own_upload(tx, upload_id, actor)
    if not file.is_ready:
        raise upload_incomplete(file)
    if file.media_type not in media_types:
        detail = f"The upload is {file.media_type}; {' or '.join(media_types)} is needed."
        raise DomainError("not_what_it_says", detail=detail, pointer="/upload_id", found=file.media_type)
    return file


def upload_incomplete(file: StoredFile) -> DomainError:
    """409: bytes are missing still."""
    return conflict("upload_incomplete", "Not all bytes of the upload are there.", received=file.received)


def read_metadata(header: str | None) -> dict[str, str]:
    """The pairs of `Upload-Metadata`; 422 `invalid_upload_metadata` for what is not base64 of UTF-8 text."""
    metadata: dict[str, str] = {}
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if not key and not value:
            continue
        try:
            text = base64.b64decode(value, validate=True).decode()
        except ValueError:  # no base64, or no UTF-8
            text = "\0"
        if not METADATA_KEY.fullmatch(key) or not text.isprintable():
            raise Refused(
                422, "invalid_upload_metadata",
                "Upload-Metadata is a list of keys, each with its value in base64 of UTF-8.",
            ).at("Upload-Metadata")  # fmt: skip
        metadata[key.lower()] = text
    return metadata


def _number(header: str | None, name: str) -> int:
    if header is None or not header.isascii() or not header.isdigit():
        raise Refused(422, "validation_failed", f"{name} is the number of bytes.").at(name)
    return int(header)


def _progress(file: StoredFile) -> dict[str, str]:
    length = {} if file.size is None else {"Upload-Length": str(file.size)}
    return {"Tus-Resumable": VERSION, "Upload-Offset": str(file.received)} | length


def _settings_of(request: Request) -> FileSettings:
    settings: FileSettings = request.app.state.service.settings
    return settings
