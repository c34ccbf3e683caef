"""Up to 1,000 files over HTTP, as NDJSON (P12)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response
from pydantic import ValidationError

from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.files.domain.look_alikes import LookAlike
from services.profile_svc.files.domain.registration import Registration, RegistrationRequest
from services.profile_svc.files.handlers.registration import list_alike_of_new, register_customers
from services.profile_svc.files.schemas import CustomerCreate, LookAlikeRead
from shared.chassis import CurrentActor, Refused, Tx, allow, service_router
from shared.chassis.http.ndjson import WorkSlice, check_line, lines_of
from shared.chassis.http.strict_json import parse_json
from shared.chassis.problems import invalid_body, problem_of
from shared.errors import DomainError

MAX_LINES = 1000
NDJSON = "application/x-ndjson"

router = service_router(prefix="/v1", tags=["customers"])


@router.post(
    "/customers:batch",
    dependencies=[allow("customers:write")],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {NDJSON: {"schema": {"type": "string", "description": "one file a line, at most 1,000"}}},
        }
    },
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}, "description": "a result a line, in order"}},
    response_class=Response,
)
async def open_customers(request: Request, tx: Tx, actor: CurrentActor, settings: CurrentSettings) -> Response:
    """Open up to 1,000 files, one a line. Each line gets its own result: 201 opened (with `looks_like`, where it looks
    like other customers), 200 a file is there and says the same, else the problem; a bad line does not stop the
    others."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != NDJSON:
        raise Refused(415, "unsupported_media_type", f"Send {NDJSON}.")
    lines: list[RegistrationRequest | Exception] = []
    work = WorkSlice()
    for text in lines_of(await request.body(), MAX_LINES, "too_many_customers"):
        await work.pause()
        lines.append(read_line(text))
    requests = [line for line in lines if isinstance(line, RegistrationRequest)]
    registered = await register_customers(tx, actor, requests, regions=settings.phone_regions)
    alike = await list_alike_of_new(tx, actor, registered)
    outcomes = iter(registered)
    results = [next(outcomes) if isinstance(line, RegistrationRequest) else line for line in lines]
    return Response(
        b"".join(result_line(number, result, alike) for number, result in enumerate(results, 1)), media_type=NDJSON
    )


def read_line(text: bytes) -> RegistrationRequest | Exception:
    """What a line asks for, or the problem with it."""
    try:
        check_line(text)
        return CustomerCreate.model_validate(parse_json(text)).request()
    except ValidationError as error:
        return invalid_body(error)
    except Refused as refusal:
        return refusal


def result_line(
    line: int, outcome: Registration | DomainError | Exception, alike: Mapping[UUID, Sequence[LookAlike]]
) -> bytes:
    """The result of one line as NDJSON, with its number; a file that was opened with the customers it looks like."""
    result: dict[str, Any]
    if isinstance(outcome, Registration):
        result = {"line": line, "status": 201 if outcome.is_new else 200, "id": str(outcome.file.id)}
        result["version"] = outcome.file.version
        if outcome.is_new and (candidates := alike.get(outcome.file.id)):
            result["looks_like"] = [LookAlikeRead.model_validate(each).model_dump(mode="json") for each in candidates]
    else:
        result = {"line": line, **orjson.loads(bytes(problem_of(outcome).body))}
    return orjson.dumps(result, option=orjson.OPT_APPEND_NEWLINE)
