"""The contract of the whole: the services' OpenAPI documents merged into the gateway's own."""

import asyncio
import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import structlog

from shared.chassis import Service

log = structlog.get_logger(__name__)

BEHIND = ("profile", "tiering", "complaint", "loyalty")
PUBLIC = "/v1/"
INTERNAL = "/internal/"  # between services; no part of what the outside may rely on
WHOLE_SECONDS = 300.0  # how long a merge that has everybody's part is kept
PART_SECONDS = 5.0
ASK_SECONDS = 2.0

Document = dict[str, Any]


class WholeContract:
    """The merged document; asked for again now and then, because services are replaced one by one."""

    def __init__(self) -> None:
        self._until = 0.0
        self._document: Document = {}

    async def read(self, service: Service, own: Document) -> Document:
        if time.monotonic() >= self._until:
            parts = await asyncio.gather(*[_ask(service, name) for name in BEHIND])
            found = {name: part for name, part in zip(BEHIND, parts, strict=True) if part is not None}
            self._document = merge(own, found)
            self._until = time.monotonic() + (WHOLE_SECONDS if len(found) == len(BEHIND) else PART_SECONDS)
        return self._document


async def _ask(service: Service, name: str) -> Document | None:
    try:
        answer = await service.clients.internal(name).get("/openapi.json", timeout=ASK_SECONDS)
        answer.raise_for_status()
        document: Document = answer.json()
    except Exception as error:  # whatever is wrong with a part, the others are shown
        log.warning("a_part_of_the_contract_is_missing", part=name, error=type(error).__name__)
        return None
    return document


def merge(own: Document, parts: Mapping[str, Document]) -> Document:
    """One document. Schemas of the same name and different content get their service's name before theirs."""
    whole = deepcopy(own)
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    operations = {operation["operationId"] for operation in _operations(whole)}
    for name, part in sorted(parts.items()):
        theirs = part.get("components", {}).get("schemas", {})
        renamed = {
            schema: f"{name.title()}{schema}"
            for schema, content in theirs.items()
            if schemas.get(schema, content) != content
        }
        paths = {path: item for path, item in part.get("paths", {}).items() if path.startswith(PUBLIC)}
        paths = _with_names(paths, renamed)
        for operation in _operations({"paths": paths}):
            if operation["operationId"] in operations:
                operation["operationId"] = name + operation["operationId"][:1].upper() + operation["operationId"][1:]
            operations.add(operation["operationId"])
        for path, item in paths.items():
            whole["paths"].setdefault(path, {}).update(item)
        for schema, content in theirs.items():
            schemas[renamed.get(schema, schema)] = _with_names(content, renamed)
    whole["paths"] = {path: item for path, item in sorted(whole["paths"].items()) if not path.startswith(INTERNAL)}
    return whole


def _operations(document: Document) -> list[Document]:
    return [
        operation
        for item in document.get("paths", {}).values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]


def _with_names(node: Any, renamed: Mapping[str, str]) -> Any:
    """A copy whose references point at the new names."""
    if isinstance(node, dict):
        copy = {key: _with_names(value, renamed) for key, value in node.items()}
        name = str(copy.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in renamed:
            copy["$ref"] = f"#/components/schemas/{renamed[name]}"
        return copy
    return [_with_names(item, renamed) for item in node] if isinstance(node, list) else node
