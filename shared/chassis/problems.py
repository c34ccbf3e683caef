"""Errors become RFC 9457 problems here and nowhere else. Each has a stable `code`; none repeats what was sent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shared.chassis.observability.safe_errors import describe
from shared.errors import DomainError, Kind
from shared.messaging.database.failures import is_busy, is_transient

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1
BUSY_RETRY_SECONDS = 2
MOST_ERRORS = 50  # in one answer

STATUS_OF_KIND = {Kind.INVALID: 422, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.FORBIDDEN: 403}

ERRORS_PAGE = "/docs/errors"  # of error codes: each is explained there under its own name

# The phrases of RFC 9110, and of RFC 6585 for 428, 429 and 431: what kind of answer it is. The code says which.
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}
CODES = {
    400: "malformed_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "try_again",
}
PROBLEM_CODE = "patron.problem"  # where a request's scope says by which code it was refused
PARAMETER = re.compile(r"\{[^{}]*\}")  # in the template of a path
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
NOT_FILES = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)


class Refused(HTTPException):
    """A refusal that belongs to HTTP itself (a header, a body, a token), with its code. Domains raise DomainError."""

    def __init__(
        self, status: int, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **facts: Any
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.code = code
        self.facts = facts

    def at(self, *location: str | int) -> "Refused":
        """The same refusal, pointing at a place in the body (keys and places in lists), or at a parameter or header."""
        error = {"pointer": pointer_of(("body", *location)), "code": self.code, "detail": self.detail}
        self.facts["errors"] = [error]
        return self


class Problem(Response):
    """A problem on its way out; the request's scope gets its code, for who logs what was refused."""

    media_type = MEDIA_TYPE
    code = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[PROBLEM_CODE] = self.code
        await super().__call__(scope, receive, send)


def problem(
    status: int, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """The one place that writes a problem (RFC 9457). Its `type` is the code's place on the page of error codes."""
    body: dict[str, Any] = {
        "type": f"{ERRORS_PAGE}#{code}",
        "title": TITLES.get(status, "Problem"),
        "status": status,
        "code": code,
    }
    if detail:
        body["detail"] = detail
    body |= {name: value for name, value in members.items() if name not in body}
    answer = Problem(orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS), status, dict(headers or {}))
    answer.code = code
    return answer


def problem_of(error: Exception) -> Response:
    """The answer to any error. What nobody expected is logged (never with its data) and says nothing."""
    if isinstance(error, DomainError):
        pointed = {"errors": [{"pointer": error.pointer, "code": error.code, "detail": error.detail}]}
        members = (pointed if error.pointer is not None else {}) | error.facts
        return problem(STATUS_OF_KIND[error.kind], error.code, error.detail, **members)
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors(), error.body)
    if isinstance(error, Refused):
        return problem(error.status_code, error.code, str(error.detail), headers=error.headers, **error.facts)
    if isinstance(error, HTTPException):
        return problem(error.status_code, CODES.get(error.status_code, "refused"), headers=error.headers)
    if is_busy(error):
        log.warning("request_took_the_database_too_long", **describe(error))
        return problem(
            503, "database_busy", "The database is too busy.", headers={"Retry-After": str(BUSY_RETRY_SECONDS)}
        )
    if is_unavailable(error):
        log.warning("request_could_not_reach_the_database", **describe(error))
        return problem(
            503, "try_again", "For a moment this can not be done.", headers={"Retry-After": str(RETRY_SECONDS)}
        )
    log.error("request_failed", **describe(error))
    return problem(500, "internal_error")


def is_unavailable(error: BaseException) -> bool:
    """The database is out of reach or busy: the same request may succeed in a moment."""
    if isinstance(error, NOT_FILES):
        return False
    if isinstance(error, (DBAPIError, PoolTimeout)) or not isinstance(error, OSError):
        return is_transient(error)
    return True


def invalid_body(error: ValidationError) -> RequestValidationError:
    """What FastAPI would raise for a body that pydantic read itself, with as many errors as an answer lists."""
    listed = error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
    return RequestValidationError([{**detail, "loc": ("body", *detail["loc"])} for detail in listed])


def _invalid(errors: Sequence[Any], body: Any) -> Response:
    if any(error["loc"][:1] == ("path",) for error in errors):
        return problem(404, "not_found")  # an unknown {id}, whatever it looks like
    if any(error["type"] == "json_invalid" for error in errors):
        return problem(400, "malformed_json", "The body is not JSON.")
    listed = [
        {"pointer": pointer_of(_location_in(body, error)), "code": error["type"], "detail": _sentence(error)}
        for error in errors[:MOST_ERRORS]
    ]
    return problem(422, "validation_failed", "Some of what was sent can not be accepted.", errors=listed)


def _location_in(body: Any, error: Mapping[str, Any]) -> Sequence[Any]:
    """Where an error is in the body that was sent. pydantic's own location also names which type of several it tried
    (`unknown/PointsWrite/points`), which is no place in a body."""
    location: Sequence[Any] = error["loc"]
    if location[:1] != ("body",) or not isinstance(body, (dict, list)):
        return location
    kept: list[Any] = ["body"]
    value: Any = body
    for index, step in enumerate(location[1:], 2):
        is_there = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        if is_there and (isinstance(value, dict) or step < len(value)):
            value = value[step]
            kept.append(step)
        elif error["type"] == "missing" and index == len(location):
            kept.append(step)
    return kept


def pointer_of(location: Sequence[Any]) -> str:
    """A JSON pointer into the body, or a parameter's name. Odd keys are left out."""
    steps = list(location[1:] if location and location[0] in ("body", "query", "header", "cookie") else location)
    kept: list[str] = []
    for step in steps:
        if isinstance(step, int) or PLAIN_NAME.fullmatch(str(step)):
            kept.append(str(step))
        else:
            break
    return "".join(f"/{step}" for step in kept)


# pydantic's own sentences may hold what was sent; these never do
SENTENCES = {
    "missing": "This is missing.",
    "extra_forbidden": "This is not a known field.",
    "string_too_long": "This is too long.",
    "string_too_short": "This is too short.",
    "too_long": "This has too many items.",
    "too_short": "This has too few items.",
    "string_type": "This must be text.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "model_type": "This must be an object.",
    "string_pattern_mismatch": "This has not the right form.",
}
SHAPES_CODES = {"uuid", "instant", "day", "amount", "negative", "invalid_text"}  # their sentences are our own


def _sentence(error: Mapping[str, Any]) -> str:
    code = error["type"]
    if code in SHAPES_CODES:
        return str(error["msg"])
    if code in ("literal_error", "enum"):
        return f"This must be one of {error.get('ctx', {}).get('expected', 'the listed values')}."
    context = error.get("ctx", {})
    for name, words in (("ge", "at least"), ("gt", "greater than"), ("le", "at most"), ("lt", "less than")):
        if name in context and isinstance(context[name], (int, float, str)):
            return f"This must be {words} {context[name]}."
    return SENTENCES.get(code, "This can not be accepted.")


async def _answer(request: Request, error: Exception) -> Response:
    answer = problem_of(error)
    if answer.status_code == 405:
        answer.headers["Allow"] = ", ".join(methods_at(request.app.routes, request.scope["path"]))
    return answer


def methods_at(routes: Iterable[object], path: str) -> list[str]:
    """The methods that a path has; Starlette names those of the first route only.

    Of `/cases/{id}` and `/cases/overdue`, which both match `/cases/overdue`, it is the second one that is asked for.
    """
    matching = [route for route in routes if isinstance(route, Route) and route.path_regex.match(path)]
    if not matching:
        return []
    nearest = PARAMETER.sub("{}", min((route.path for route in matching), key=_generality))
    same = [route for route in matching if PARAMETER.sub("{}", route.path) == nearest]
    return sorted({method for route in same for method in route.methods or ()})


def _generality(template: str) -> tuple[bool, int]:
    """The more general a template, the larger: one that takes whole paths, then by how many parameters it has."""
    return ":path}" in template, template.count("{")


def answer_with_problems(app: FastAPI) -> None:
    """Errors an application expects. Everything else is caught by the request-context middleware, outside of these."""
    for kind in (DomainError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
