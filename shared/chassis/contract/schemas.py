"""What holds for every schema of a contract: it has one name, every number a format, and somebody refers to it.

All functions take and return parts of an OpenAPI document as plain JSON values, and change none of what they are given.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

SCHEMAS = "#/components/schemas/"
DATA = frozenset({"const", "default", "enum", "example", "examples"})  # values, not schemas
NAMED = frozenset({"properties", "patternProperties", "$defs", "schemas", "headers", "responses", "mapping"})
FORMAT_OF_NUMBER = {"integer": "int64", "number": "double"}


def with_names_of_classes(document: dict[str, Any]) -> dict[str, Any]:
    """A copy where each schema is called like its class: `Page[OrderRead]`, else `Page_OrderRead_`, as it names itself.

    Classes of the same name keep the long names that tell them apart.
    """
    schemas = document.get("components", {}).get("schemas", {})
    count = Counter(schema.get("title") for schema in schemas.values())
    renamed = {
        name: schema["title"]
        for name, schema in schemas.items()
        if str(schema.get("title", "")).isidentifier() and count[schema["title"]] == 1 and schema["title"] != name
    }
    copy: dict[str, Any] = with_renamed_references(document, renamed)
    if schemas:
        copy["components"]["schemas"] = {
            renamed.get(name, name): schema for name, schema in copy["components"]["schemas"].items()
        }
    return copy


def tidy(node: Any) -> Any:
    """A copy without the titles that pydantic makes out of field names, where every number has a format.

    Generators of clients take a title for a class's name, and many fields have the same; a schema's name is its key.
    """
    if isinstance(node, list):
        return [tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidied = {
        key: child
        if key in DATA
        else ({name: tidy(named) for name, named in child.items()} if key in NAMED else tidy(child))
        for key, child in node.items()
        if key != "title"
    }
    if isinstance(node.get("type"), str) and node["type"] in FORMAT_OF_NUMBER:
        tidied.setdefault("format", FORMAT_OF_NUMBER[node["type"]])
    return tidied


def references_in(node: Any) -> Iterator[str]:
    """The names of all schemas that a part of a document refers to, as often as it does."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            yield reference.removeprefix(SCHEMAS)
        for child in node.values():
            yield from references_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from references_in(child)


def with_renamed_references(node: Any, renamed: Mapping[str, str]) -> Any:
    """A copy whose references to schemas point at their new names."""
    if isinstance(node, dict):
        copy = {key: with_renamed_references(value, renamed) for key, value in node.items()}
        reference = copy.get("$ref")
        if isinstance(reference, str) and (name := reference.removeprefix(SCHEMAS)) in renamed:
            copy["$ref"] = f"{SCHEMAS}{renamed[name]}"
        return copy
    return [with_renamed_references(item, renamed) for item in node] if isinstance(node, list) else node


def reachable(schemas: Mapping[str, Any], *starts: Any) -> dict[str, Any]:
    """Of the schemas those that the starts refer to, directly or through others, in their order."""
    wanted: set[str] = set()
    waiting = [name for start in starts for name in references_in(start)]
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in wanted:
            wanted.add(name)
            waiting += references_in(schemas[name])
    return {name: schema for name, schema in schemas.items() if name in wanted}


def without_promises(
    schemas: Mapping[str, Any], paths: Mapping[str, Any], of_audiences: Collection[str]
) -> dict[str, Any]:
    """Schemas of answers that do not promise the fields which some audience does not get: those are not required there.

    What is sent to a service (schemas that a request body of `paths` reaches) requires what it requires.
    """
    bodies = [
        operation.get("requestBody")
        for item in paths.values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    sent = reachable(schemas, bodies)
    return {
        name: schema if name in sent else _without_promises(schema, of_audiences) for name, schema in schemas.items()
    }


def _without_promises(node: Any, of_audiences: Collection[str]) -> Any:
    if isinstance(node, list):
        return [_without_promises(item, of_audiences) for item in node]
    if not isinstance(node, Mapping):
        return node
    promised = {name: _without_promises(member, of_audiences) for name, member in node.items()}
    required = node.get("required")
    if isinstance(required, list) and isinstance(node.get("properties"), Mapping):
        promised["required"] = [name for name in required if name not in of_audiences]
        if not promised["required"]:
            del promised["required"]
    return promised
