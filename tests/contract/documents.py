"""The OpenAPI documents of all services as their code makes them, once a process."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from tools.contracts import SERVICES, application, openapi_documents

Document = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")


@cache
def documents() -> dict[str, Document]:
    """By service; the gateway's is the public contract of the whole."""
    return openapi_documents({name: application(name) for name in SERVICES})


def public() -> Document:
    return documents()["gateway"]


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def resolved(document: Document, node: Document) -> Document:
    """What a reference leads to, or the node itself."""
    while "$ref" in node:
        place: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        node = place
    return node


def schemas_in(node: Any, place: str = "") -> Iterator[tuple[str, Document]]:
    """Every object of a document, with where it stands; examples and defaults are data, no part of it."""
    if isinstance(node, dict):
        yield place, node
        for key, child in node.items():
            if key not in ("example", "examples", "default", "enum", "const"):
                yield from schemas_in(child, f"{place}/{key}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from schemas_in(child, f"{place}/{index}")
