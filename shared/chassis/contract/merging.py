"""The one public document, made of the gateway's own and those of the services behind it."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from shared.chassis.contract.headers import RATE_LIMIT, references
from shared.chassis.contract.openapi import METHODS, components, problem_response
from shared.chassis.contract.schemas import with_renamed_references

PUBLIC = "/v1/"
INTERNAL = "/internal/"  # between services; no part of what the outside may rely on
INTERNAL_TAG = "internal"
ON_EVERY_ANSWER = (*RATE_LIMIT, "X-Request-Id")

Document = dict[str, Any]


def merge(own: Document, documents: Mapping[str, Document]) -> Document:
    """One OpenAPI document of the gateway's own and the services' (by their names), without what is internal.

    Every operation gets what the gateway adds: 429 and the headers of its rate limit, and 504 where it asks a service.
    Schemas or operations of the same name and another content get their service's name before theirs: `Note` of
    profile is `ProfileNote`. That keeps a document right while two releases run beside each other; within one release
    names differ (`tools.contracts` refuses others).
    """
    merged = deepcopy(own)
    schemas = dict(merged.get("components", {}).get("schemas", {}))
    operation_ids = {operation["operationId"] for operation in operations_of(merged)}
    paths = {path: item for path, item in merged["paths"].items() if not path.startswith(INTERNAL)}
    tags = {tag["name"]: tag for tag in merged.get("tags", ())}
    for name, document in sorted(documents.items()):
        schemas_of_service = document.get("components", {}).get("schemas", {})
        renamed = {
            schema: f"{name.title()}{schema}"
            for schema, content in schemas_of_service.items()
            if schemas.get(schema, content) != content
        }
        for schema, content in schemas_of_service.items():
            schemas[renamed.get(schema, schema)] = with_renamed_references(content, renamed)
        public = {path: item for path, item in document.get("paths", {}).items() if path.startswith(PUBLIC)}
        public = with_renamed_references(public, renamed)
        for operation in operations_of({"paths": public}):
            if operation["operationId"] in operation_ids:
                operation["operationId"] = name + operation["operationId"][:1].upper() + operation["operationId"][1:]
            operation_ids.add(operation["operationId"])
            operation["responses"].setdefault("504", problem_response(504))
        for path, item in public.items():
            paths[path] = paths.get(path, {}) | item
        tags = {tag["name"]: tag for tag in document.get("tags", ())} | tags
    merged["paths"] = dict(sorted(paths.items()))
    used = {tag for operation in operations_of(merged) for tag in operation.get("tags", ())}
    merged["tags"] = [tags[name] for name in sorted(tags) if name in used and name != INTERNAL_TAG]
    for operation in operations_of(merged):
        _add_what_the_gateway_answers(operation)
    merged["components"] = components(merged["paths"], schemas, ON_EVERY_ANSWER)
    return merged


def operations_of(document: Document) -> Iterator[Document]:
    """All operations of a document, path by path."""
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method in METHODS:
                yield operation


def _add_what_the_gateway_answers(operation: Document) -> None:
    operation["responses"].setdefault("429", problem_response(429))
    for answer in operation["responses"].values():
        if "$ref" not in answer:
            answer["headers"] = answer.get("headers", {}) | references(ON_EVERY_ANSWER)
