"""The OpenAPI 3.1 document: readable operation ids, the bearer scheme with its scopes, problems as the errors."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from shared.chassis.access.policy import policies_in
from shared.chassis.audience import FIELDS
from shared.chassis.contract.headers import HEADERS, IDEMPOTENCY_KEY, OF_PROBLEMS, references
from shared.chassis.contract.parameters import describe_parameters
from shared.chassis.contract.schemas import reachable, tidy, with_names_of_classes, without_promises
from shared.chassis.http.body_limit import body_limit
from shared.chassis.http.idempotency import UNSAFE
from shared.chassis.http.routing import TransactionRoute, current_transaction
from shared.chassis.problems import MEDIA_TYPE, TITLES

CONTACT = {"name": "Whoever runs this installation of Patron"}
LICENSE = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
SERVERS = [{"url": "/", "description": "The host that answers this document"}]
INTERNAL_TAG = {
    "name": "internal",
    "description": "What services and the operator's command ask one another. Not part of the public contract.",
}
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem. `code` is stable; further members depend on it.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "The code's place on the page of error codes",
            "examples": ["/docs/errors#not_found"],
        },
        "title": {"type": "string", "description": "The status in words", "examples": ["Not Found"]},
        "status": {"type": "integer", "format": "int32", "examples": [404]},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "examples": ["not_found"]},
        "detail": {"type": "string", "description": "A sentence for people. It never repeats what was sent."},
        "errors": {
            "type": "array",
            "description": "What is wrong where, when the request can be corrected",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or /name of a parameter"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}


def operation_id_of(route: APIRoute) -> str:
    """The handler's name in camel case: `redeem_points` is `redeemPoints`."""
    first, *rest = route.name.split("_")
    return first + "".join(word.title() for word in rest)


def describe_contract(app: FastAPI) -> None:
    """Replace FastAPI's document by one that tells the whole truth."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def problem_response(status: int) -> dict[str, Any]:
    """The answer of an operation that refuses with this status."""
    return {"$ref": f"#/components/responses/{_name_of(status)}"}


def problem_responses(headers: Sequence[str] = ()) -> dict[str, Any]:
    """All refusals, for `components.responses`: one a status, and `Problem` for a status that nobody expects.

    `headers` are those that every answer carries.
    """
    answers = {
        _name_of(status): _problem(title, [*OF_PROBLEMS.get(status, ()), *headers]) for status, title in TITLES.items()
    }
    every = sorted({name for names in OF_PROBLEMS.values() for name in names})
    return answers | {"Problem": _problem("Refused, with a stable code", [*every, *headers])}


def _name_of(status: int) -> str:
    return TITLES[status].replace(" ", "")


def _problem(description: str, headers: Sequence[str]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "headers": references(headers), "content": content}


def _document(app: FastAPI) -> dict[str, Any]:
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0",
        tags=[*(app.openapi_tags or ()), INTERNAL_TAG],
    )  # fmt: skip
    document = with_names_of_classes(described)
    document["info"] |= {"contact": CONTACT, "license": LICENSE}
    document["servers"] = SERVERS
    places: dict[str, str] = {}
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, APIRoute) or not context.include_in_schema:
            continue
        for method in context.methods or ():
            operation = document["paths"][context.path_format][method.lower()]
            _complete(operation, context, method)
            place = f"{method} {context.path_format}"
            if places.setdefault(operation["operationId"], place) != place:
                raise RuntimeError(f"{operation['operationId']} is both {places[operation['operationId']]} and {place}")
    document["paths"] = {path: tidy(item) for path, item in document["paths"].items()}
    schemas = tidy(document.get("components", {}).get("schemas", {}))
    of_audiences = frozenset[str]().union(*FIELDS.values())
    document["components"] = components(document["paths"], without_promises(schemas, document["paths"], of_audiences))
    return document


def components(paths: dict[str, Any], schemas: dict[str, Any], headers_of_all: Sequence[str] = ()) -> dict[str, Any]:
    """The components of a document: of the schemas those that its paths refer to, and of headers and refusals too.

    `headers_of_all` are those that every answer carries, refusals too.
    """
    answers = [answer for item in paths.values() for operation in item.values() for answer in _answers(operation)]
    named = {answer["$ref"].rpartition("/")[2] for answer in answers if "$ref" in answer}
    responses = {name: answer for name, answer in problem_responses(headers_of_all).items() if name in named}
    headers = {name for answer in (*answers, *responses.values()) for name in answer.get("headers", ())}
    return {
        "schemas": dict(sorted(reachable(schemas | {"Problem": PROBLEM}, paths, responses).items())),
        "responses": responses,
        "headers": {name: header for name, header in HEADERS.items() if name in headers},
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A person's token, or a partner's key.",
            }
        },
    }


def _answers(operation: Any) -> list[dict[str, Any]]:
    return list(operation.get("responses", {}).values()) if isinstance(operation, dict) else []


def _complete(operation: dict[str, Any], context: Any, method: str) -> None:
    policies = policies_in(context.dependencies, context.dependant)
    scopes = sorted({scope for policy in policies for scope in policy.scopes})
    operation["summary"] = operation["summary"].capitalize()
    operation["security"] = [{"bearer": [scope]} for scope in scopes]
    describe_parameters(operation)
    answers = operation["responses"]
    answers.pop("422", None)
    expected = {422, 503} | ({401, 403} if scopes else set()) | ({404} if "{" in context.path_format else set())
    if "requestBody" in operation:
        expected |= {400, 413, 415}
        limit = body_limit(context.path_format)
        operation["requestBody"] |= {"description": f"At most {limit:,} bytes", "x-max-bytes": limit}
    if any(parameter["name"].lower() == "if-match" for parameter in operation.get("parameters", ())):
        expected |= {412, 428}
    transactional = isinstance(context.original_route, TransactionRoute) and _opens_a_transaction(context.dependant)
    if method in UNSAFE and transactional:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        expected.add(409)
        for status, answer in answers.items():
            if status.startswith("2"):
                answer.setdefault("headers", {}).update(references(["Idempotency-Replayed"]))
    for status in sorted(expected):
        answers.setdefault(str(status), problem_response(status))
    for status, answer in answers.items():
        if status[0] in "45" and "content" not in answer and "$ref" not in answer:  # a route's own words for it
            answers[status] = _problem(answer["description"], OF_PROBLEMS.get(int(status), ()))
    answers.setdefault("default", {"$ref": "#/components/responses/Problem"})


def _opens_a_transaction(dependant: Any) -> bool:
    return dependant.call is current_transaction or any(_opens_a_transaction(child) for child in dependant.dependencies)
