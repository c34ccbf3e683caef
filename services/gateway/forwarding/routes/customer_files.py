"""New customer files, one or many at once (P12): their ids are given here, by their references; profile opens them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from services.gateway.core.domain import uuid_in
from services.gateway.dependencies import require_media_type, service_of, settings_of
from services.gateway.forwarding.dependencies import forward_request, response_of
from services.gateway.forwarding.handlers.calls import ServiceAnswer, ServiceCall, forward
from services.gateway.partners.dependencies import sources_of
from services.gateway.partners.handlers import SourceDirectory
from services.gateway.references.domain import Reference, Reporter
from services.gateway.references.handlers import offer_ids, register_opened_files
from services.gateway.references.schemas import ReferenceCreate
from shared.chassis import Actor, Refused, allow
from shared.chassis.access import actor_of
from shared.chassis.http.ndjson import WorkSlice, check_line, lines_of
from shared.chassis.http.strict_json import parse_json
from shared.chassis.problems import problem_of
from shared.errors import DomainError, invalid

MOST_FILES = 1000
NDJSON = "application/x-ndjson"

router = APIRouter(prefix="/v1", include_in_schema=False, redirect_slashes=False)  # profile's contract describes it


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """A file that can be handed on: the content as it was sent, and its reference under its registered source."""

    content: dict[str, Any]
    reference: Reference | None


@router.post("/customers", dependencies=[allow("customers:write")])
async def open_customer(request: Request, refuse_duplicates: bool = False) -> Response:
    """A new file; with `refuse_duplicates` only where profile finds nobody whom it looks like. With a reference, the
    file gets the id that the registry has, or keeps, for its customer; who is new there is registered once profile has
    accepted the file."""
    actor = await actor_of(request)
    sources = sources_of(request)
    reporter = sources.reporter(actor)
    file = await read_file(await request.body(), sources, reporter)
    (content,) = await _with_ids(request, [file])
    query = b"refuse_duplicates=true" if refuse_duplicates else b""
    answer = await forward_request(
        request, "profile", actor, json.dumps(content, ensure_ascii=False).encode(), query=query
    )
    await _register_opened(request, [file], [_object_in(answer) | {"status": answer.status}], reporter)
    return response_of(answer)


@router.post("/customers:batch", dependencies=[allow("customers:write")])
async def open_customers(request: Request) -> Response:
    """Up to 1,000 files, one a line. Each line gets its own result; a bad one does not stop the others."""
    actor = await actor_of(request)
    require_media_type(request, NDJSON)
    texts = lines_of(await request.body(), MOST_FILES, "too_many_customers")
    sources = sources_of(request)
    reporter = sources.reporter(actor)
    results: dict[int, dict[str, Any]] = {}
    files: dict[int, CustomerFile] = {}  # by line
    work = WorkSlice()
    for line, text in enumerate(texts, 1):
        await work.pause()
        try:
            check_line(text)
            files[line] = await read_file(text, sources, reporter)
        except (DomainError, RequestValidationError, Refused) as refusal:
            results[line] = orjson.loads(bytes(problem_of(refusal).body))
    if files:
        answer = await _open_batch(request, actor, await _with_ids(request, list(files.values())))
        if not answer.succeeded:
            return response_of(answer)
        opened = [orjson.loads(line) for line in answer.body.splitlines()]
        results |= dict(zip(files, opened, strict=True))
        await _register_opened(request, list(files.values()), opened, reporter)
    return Response(b"".join(_result(line, results[line]) for line in sorted(results)), media_type=NDJSON)


async def read_file(text: bytes, sources: SourceDirectory, reporter: Reporter) -> CustomerFile:
    """A file from its JSON; refused when it is no object, brings an id, or has a reference of an unknown source."""
    content = parse_json(text)
    if not isinstance(content, dict):
        raise invalid("validation_failed", "A customer file is an object.")
    if "id" in content:
        raise invalid("extra_forbidden", "Ids are given by Patron.", pointer="/id")
    if content.get("reference") is None:
        return CustomerFile(content, None)
    reference = ReferenceCreate.read(content["reference"])
    source = await sources.source(reporter, reference.source, pointer="/reference/source")
    return CustomerFile(content, (source, reference.ref))


async def _with_ids(request: Request, files: Sequence[CustomerFile]) -> list[dict[str, Any]]:
    """The files as profile takes them: with the id that the registry has, or keeps, for each one's reference. One
    transaction for all; sent again, they have the same ids."""
    references = [file.reference for file in files if file.reference is not None]
    ids: dict[Reference, UUID] = {}
    if references:
        offered = await service_of(request).database.run(lambda tx: offer_ids(tx, references))
        ids = dict(zip(references, offered, strict=True))
    return [_with_id(file, ids) for file in files]


def _with_id(file: CustomerFile, ids: Mapping[Reference, UUID]) -> dict[str, Any]:
    if file.reference is None:
        return file.content
    source, ref = file.reference
    return file.content | {"id": str(ids[file.reference]), "reference": {"source": source, "ref": ref}}


async def _open_batch(request: Request, actor: Actor, contents: Sequence[dict[str, Any]]) -> ServiceAnswer:
    body = b"".join(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE) for content in contents)
    call = ServiceCall("POST", "/v1/customers:batch", headers=request.headers, body=body)
    seconds = settings_of(request).forward_batch_seconds
    return await forward(service_of(request), "profile", call, actor, seconds=seconds)


def _result(line: int, answer: dict[str, Any]) -> bytes:
    """`line` counts what was sent here; profile counted what it was handed."""
    return orjson.dumps({"line": line} | answer | {"line": line}, option=orjson.OPT_APPEND_NEWLINE)


async def _register_opened(
    request: Request, files: Sequence[CustomerFile], answers: Sequence[Mapping[str, Any]], reporter: Reporter
) -> None:
    """Whoever has a file now exists, and so does the reference; a refused file leaves nobody."""
    opened = [(file, answer) for file, answer in zip(files, answers, strict=True) if has_customer_file(answer)]
    ids = [id for id in (uuid_in(answer.get("id")) for _, answer in opened) if id is not None]
    references = [file.reference for file, _ in opened if file.reference is not None]
    if opened:
        await service_of(request).database.run(lambda tx: register_opened_files(tx, ids, references, reporter))


def has_customer_file(answer: Mapping[str, Any]) -> bool:
    """Whether there is a file after profile's answer: a new one, or one that was there before."""
    return answer["status"] < 300 or answer.get("code") == "file_exists"


def _object_in(answer: ServiceAnswer) -> dict[str, Any]:
    """The body of an answer when it is a JSON object, else an empty one."""
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
