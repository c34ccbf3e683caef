"""Up to 1,000 files over HTTP, as NDJSON (P12)."""

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.profile_svc.dependencies import CurrentReader, CurrentSettings
from services.profile_svc.files.domain.registration import Opened, Wanted
from services.profile_svc.files.handlers.registration import open_customer_files
from services.profile_svc.files.schemas import CustomerCreate
from shared.chassis import Refused, Tx, allow, service_router
from shared.chassis.problems import problem_of
from shared.chassis.strict_json import parse_json
from shared.errors import DomainError

MOST_LINES = 1000
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
async def open_customers(request: Request, tx: Tx, reader: CurrentReader, settings: CurrentSettings) -> Response:
    """Open up to 1,000 files, one a line. Each line gets its own result: 201 opened, 200 a file is there and says the
    same, else the problem; a bad line does not stop the others."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != NDJSON:
        raise Refused(415, "unsupported_media_type", f"Send {NDJSON}.")
    texts = [text for text in (await request.body()).split(b"\n") if text.strip()]
    if len(texts) > MOST_LINES:
        raise Refused(422, "too_many_customers", f"A batch has at most {MOST_LINES} lines.", limit=MOST_LINES)
    read = [read_line(text) for text in texts]
    good = [line for line in read if isinstance(line, Wanted)]
    outcomes = iter(await open_customer_files(tx, reader, good, regions=settings.phone_regions))
    results = [next(outcomes) if isinstance(line, Wanted) else line for line in read]
    return Response(b"".join(result_line(place, one) for place, one in enumerate(results, 1)), media_type=NDJSON)


def read_line(text: bytes) -> Wanted | Exception:
    try:
        return CustomerCreate.model_validate(parse_json(text)).wanted()
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False, include_input=False)]
        return RequestValidationError(found)
    except Refused as refusal:
        return refusal


def result_line(line: int, outcome: Opened | DomainError | Exception) -> bytes:
    if isinstance(outcome, Opened):
        told = {"line": line, "status": 201 if outcome.is_new else 200, "id": str(outcome.file.id)}
        told["version"] = outcome.file.version
    else:
        told = {"line": line, **orjson.loads(bytes(problem_of(outcome).body))}
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
