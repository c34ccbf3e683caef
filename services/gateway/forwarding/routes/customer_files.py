"""Many customer files at once (P12): their references get their ids here, the files are profile's to open."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from services.gateway.core.domain import id_in
from services.gateway.dependencies import require_media_type, service_of, settings_of
from services.gateway.forwarding.dependencies import forward_request, response_of
from services.gateway.forwarding.handlers.calls import Answer, Call, forward
from services.gateway.partners.dependencies import sources_of
from services.gateway.partners.handlers import SourceDirectory
from services.gateway.references import handlers as customers
from services.gateway.references.domain import Reference, Reporter
from services.gateway.references.schemas import ReferenceCreate
from shared.chassis import Actor, Refused, allow
from shared.chassis.access import actor_of
from shared.chassis.problems import problem_of
from shared.chassis.strict_json import parse_json
from shared.errors import DomainError, invalid

MOST_LINES = 1000
NDJSON = "application/x-ndjson"

router = APIRouter(prefix="/v1", include_in_schema=False, redirect_slashes=False)  # profile's contract describes it


@dataclass(frozen=True, slots=True)
class Line:
    """A line that can be handed on: the file as it was sent, and the reference under its registered source."""

    number: int
    file: dict[str, Any]
    reference: Reference | None


@router.post("/customers", dependencies=[allow("customers:write")])
async def open_customer(request: Request) -> Response:
    """A new file. With a reference, the file gets the id that the registry has, or keeps, for its customer; who is new
    there is registered once profile has accepted the file."""
    actor = await actor_of(request)
    file = parse_json(await request.body())
    if not isinstance(file, dict):
        raise invalid("validation_failed", "A customer file is an object.")
    if "id" in file:
        raise invalid("extra_forbidden", "Ids are given by Patron.", pointer="/id")
    named: list[Reference] = []
    if file.get("reference") is not None:
        named = [await _reference_in(request, file["reference"], actor)]
        (offered,) = await service_of(request).database.run(lambda tx: customers.offer_ids(tx, named))
        file |= {"id": str(offered), "reference": {"source": named[0][0], "ref": named[0][1]}}
    answer = await forward_request(request, "profile", actor, json.dumps(file, ensure_ascii=False).encode())
    if customers.has_a_file(answer.status, said := _said(answer)):
        opened = id_in(said.get("id"))
        ids = [] if opened is None else [opened]
        reporter = sources_of(request).reporter(actor)
        await service_of(request).database.run(lambda tx: customers.files_are_open(tx, ids, named, reporter))
    return response_of(answer)


@router.post("/customers:batch", dependencies=[allow("customers:write")])
async def open_customers(request: Request) -> Response:
    """Up to 1,000 files, one a line. Each line gets its own result; a bad one does not stop the others."""
    actor = await actor_of(request)
    require_media_type(request, NDJSON)
    texts = [text for text in (await request.body()).split(b"\n") if text.strip()]
    if len(texts) > MOST_LINES:
        raise Refused(422, "too_many_customers", f"A batch has at most {MOST_LINES} lines.", limit=MOST_LINES)
    sources = sources_of(request)
    reporter = sources.reporter(actor)
    results: dict[int, dict[str, Any]] = {}
    lines: list[Line] = []
    for number, text in enumerate(texts, 1):
        try:
            lines.append(await read_line(number, text, sources, reporter))
        except (DomainError, RequestValidationError, Refused) as refusal:
            results[number] = orjson.loads(bytes(problem_of(refusal).body))
    if lines:
        answer = await _opened(request, actor, await _with_ids(request, lines))
        if not answer.succeeded:
            return response_of(answer)
        told = [orjson.loads(line) for line in answer.body.splitlines()]
        results |= {line.number: one for line, one in zip(lines, told, strict=True)}
        await _register(request, lines, told, reporter)
    return Response(b"".join(_result(number, results[number]) for number in sorted(results)), media_type=NDJSON)


async def read_line(number: int, text: bytes, sources: SourceDirectory, reporter: Reporter) -> Line:
    file = parse_json(text)
    if not isinstance(file, dict):
        raise invalid("validation_failed", "A customer file is an object.")
    if "id" in file:
        raise invalid("extra_forbidden", "Ids are given by Patron.", pointer="/id")
    if file.get("reference") is None:
        return Line(number, file, None)
    said = ReferenceCreate.read(file["reference"])
    return Line(number, file, (await sources.source(reporter, said.source, pointer="/reference/source"), said.ref))


async def _with_ids(request: Request, lines: list[Line]) -> bytes:
    """The files as profile takes them: with the id that the registry has, or keeps, for each one's reference. One
    transaction for all; sent again, they have the same ids."""
    named = [line.reference for line in lines if line.reference is not None]
    ids: dict[Reference, UUID] = {}
    if named:
        found = await service_of(request).database.run(lambda tx: customers.offer_ids(tx, named))
        ids = dict(zip(named, found, strict=True))
    return b"".join(orjson.dumps(_registered(line, ids), option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _registered(line: Line, ids: dict[Reference, UUID]) -> dict[str, Any]:
    if line.reference is None:
        return line.file
    source, ref = line.reference
    return line.file | {"id": str(ids[line.reference]), "reference": {"source": source, "ref": ref}}


async def _opened(request: Request, actor: Actor, files: bytes) -> Answer:
    call = Call("POST", "/v1/customers:batch", headers=request.headers, body=files)
    seconds = settings_of(request).forward_batch_seconds
    return await forward(service_of(request), "profile", call, actor, seconds=seconds)


def _result(line: int, told: dict[str, Any]) -> bytes:
    """`line` counts what was sent here; profile counted what it was handed."""
    return orjson.dumps({"line": line} | told | {"line": line}, option=orjson.OPT_APPEND_NEWLINE)


async def _register(request: Request, lines: list[Line], told: list[dict[str, Any]], reporter: Reporter) -> None:
    """Whoever has a file now is known, and so is the reference; a refused line leaves nobody."""
    opened = [(line, one) for line, one in zip(lines, told, strict=True) if customers.has_a_file(one["status"], one)]
    ids = [id for id in (id_in(one.get("id")) for _, one in opened) if id is not None]
    named = [line.reference for line, _ in opened if line.reference is not None]
    if opened:
        await service_of(request).database.run(lambda tx: customers.files_are_open(tx, ids, named, reporter))


async def _reference_in(request: Request, said: Any, actor: Actor) -> Reference:
    """The reference under its registered source."""
    reference = ReferenceCreate.read(said)
    sources = sources_of(request)
    return await sources.source(sources.reporter(actor), reference.source, pointer="/reference/source"), reference.ref


def _said(answer: Answer) -> dict[str, Any]:
    """What an answer says, when it is an object."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
