"""The contract of the whole: the services' OpenAPI documents merged into the gateway's own."""

import asyncio
import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import structlog

from shared.chassis import Service

log = structlog.get_logger(__name__)

SERVICES = ("profile", "tiering", "complaint", "loyalty")
PUBLIC = "/v1/"
INTERNAL = "/internal/"  # between services; no part of what the outside may rely on
COMPLETE_SECONDS = 300.0  # how long a merge that has everybody's part is kept
INCOMPLETE_SECONDS = 5.0
READ_SECONDS = 2.0

Document = dict[str, Any]


class MergedContract:
    """The merged OpenAPI document; merged again now and then, because services are replaced one by one."""

    def __init__(self) -> None:
        self._until = 0.0
        self._document: Document = {}

    async def read(self, service: Service, own: Document) -> Document:
        """The document of the whole; `own` is the gateway's. A service that does not answer is left out for 5 s."""
        if time.monotonic() >= self._until:
            answers = await asyncio.gather(*[_read_document(service, name) for name in SERVICES])
            documents = {name: answer for name, answer in zip(SERVICES, answers, strict=True) if answer is not None}
            self._document = merge(own, documents)
            self._until = time.monotonic() + (
                COMPLETE_SECONDS if len(documents) == len(SERVICES) else INCOMPLETE_SECONDS
            )
        return self._document


async def _read_document(service: Service, name: str) -> Document | None:
    try:
        answer = await service.clients.internal(name).get("/openapi.json", timeout=READ_SECONDS)
        answer.raise_for_status()
        document: Document = answer.json()
    except Exception as error:  # whatever is wrong with a part, the others are shown
        log.warning("a_part_of_the_contract_is_missing", part=name, error=type(error).__name__)
        return None
    return document


def merge(own: Document, documents: Mapping[str, Document]) -> Document:
    """One document of the gateway's own and the services'. Schemas and operations of the same name and another content
    get their service's name before theirs."""
    merged = deepcopy(own)
    schemas = merged.setdefault("components", {}).setdefault("schemas", {})
    operations = {operation["operationId"] for operation in _operations(merged)}
    for name, document in sorted(documents.items()):
        schemas_of_service = document.get("components", {}).get("schemas", {})
        renamed = {
            schema: f"{name.title()}{schema}"
            for schema, content in schemas_of_service.items()
            if schemas.get(schema, content) != content
        }
        paths = {path: item for path, item in document.get("paths", {}).items() if path.startswith(PUBLIC)}
        paths = _with_renamed_references(paths, renamed)
        for operation in _operations({"paths": paths}):
            if operation["operationId"] in operations:
                operation["operationId"] = name + operation["operationId"][:1].upper() + operation["operationId"][1:]
            operations.add(operation["operationId"])
        for path, item in paths.items():
            merged["paths"].setdefault(path, {}).update(item)
        for schema, content in schemas_of_service.items():
            schemas[renamed.get(schema, schema)] = _with_renamed_references(content, renamed)
    merged["paths"] = {path: item for path, item in sorted(merged["paths"].items()) if not path.startswith(INTERNAL)}
    return merged


def _operations(document: Document) -> list[Document]:
    return [
        operation
        for item in document.get("paths", {}).values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]


def _with_renamed_references(node: Any, renamed: Mapping[str, str]) -> Any:
    """A copy whose references point at the new names."""
    if isinstance(node, dict):
        copy = {key: _with_renamed_references(value, renamed) for key, value in node.items()}
        name = str(copy.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in renamed:
            copy["$ref"] = f"#/components/schemas/{renamed[name]}"
        return copy
    return [_with_renamed_references(item, renamed) for item in node] if isinstance(node, list) else node
