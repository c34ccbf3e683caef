"""The OpenAPI 3.1 document: readable operation ids, the bearer scheme with its scopes, problems as the errors."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from shared.chassis.access.policy import policies_in
from shared.chassis.http.idempotency import UNSAFE
from shared.chassis.http.routing import TransactionRoute, current_transaction
from shared.chassis.problems import MEDIA_TYPE, TITLES

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem. `code` is stable; further members depend on it.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "format": "int32"},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
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
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request has one effect and gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
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


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    components["responses"] = {"Problem": _problem_response("Refused, with a stable code")}
    seen: dict[str, str] = {}
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, APIRoute) or not context.include_in_schema:
            continue
        for method in context.methods or ():
            operation = document["paths"][context.path_format][method.lower()]
            _complete(operation, context, method)
            place = f"{method} {context.path_format}"
            if seen.setdefault(operation["operationId"], place) != place:
                raise RuntimeError(f"{operation['operationId']} is both {seen[operation['operationId']]} and {place}")
    _give_integers_a_format(document)
    return document


def _complete(operation: dict[str, Any], context: Any, method: str) -> None:
    policies = policies_in(context.dependencies, context.dependant)
    scopes = sorted({scope for policy in policies for scope in policy.scopes})
    answers = operation["responses"]
    answers.pop("422", None)
    expected = [422, 503] + ([401, 403] if scopes else []) + ([404] if "{" in context.path_format else [])
    if scopes:
        operation["security"] = [{"bearer": [scope]} for scope in scopes]
    else:
        operation["security"] = []
    if "requestBody" in operation:
        expected += [400, 413, 415]
    transactional = isinstance(context.original_route, TransactionRoute) and _opens_a_transaction(context.dependant)
    if method in UNSAFE and transactional:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        expected.append(409)
    for status in sorted(expected):
        answers.setdefault(str(status), _problem_response(TITLES[status]))
    answers.setdefault("default", {"$ref": "#/components/responses/Problem"})


def _problem_response(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _opens_a_transaction(dependant: Any) -> bool:
    return dependant.call is current_transaction or any(_opens_a_transaction(child) for child in dependant.dependencies)


def _give_integers_a_format(node: Any) -> None:
    """Every number says how large it can be, for generators of clients in typed languages."""
    if isinstance(node, dict):
        if node.get("type") == "integer":
            node.setdefault("format", "int64")
        elif node.get("type") == "number":
            node.setdefault("format", "double")
        for child in node.values():
            _give_integers_a_format(child)
    elif isinstance(node, list):
        for child in node:
            _give_integers_a_format(child)
