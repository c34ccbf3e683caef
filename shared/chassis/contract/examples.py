"""Examples in a contract: requests with their answers, as they were recorded from a running system."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

Example = Mapping[str, Any]
"""`{summary, request: {path, query, headers, body}, response: {status, headers, body}}`, without what is not there."""


def with_examples(document: dict[str, Any], examples: Mapping[str, Example]) -> dict[str, Any]:
    """A copy of an OpenAPI document with the examples of its operations, by `operationId`.

    Examples of operations that the document does not have are left out: the service may be away.
    """
    copy = deepcopy(document)
    for operation in _operations(copy):
        example = examples.get(operation["operationId"])
        if example is not None:
            _add(operation, example)
    return copy


def _add(operation: dict[str, Any], example: Example) -> None:
    request, response = example["request"], example["response"]
    summary = example["summary"]
    for parameter in operation.get("parameters", ()):
        values = request.get({"path": "path", "query": "query", "header": "headers"}[parameter["in"]], {})
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    if "body" in request:
        for content in operation["requestBody"]["content"].values():
            content["examples"] = {"recorded": {"summary": summary, "value": request["body"]}}
    for content in operation["responses"][str(response["status"])].get("content", {}).values():
        content["examples"] = {"recorded": {"summary": summary, "value": response["body"]}}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document.get("paths", {}).values():
        for operation in item.values():
            if isinstance(operation, dict) and "operationId" in operation:
                yield operation
