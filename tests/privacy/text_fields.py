"""Every text field that a request may write, as the contract has it: by operation and JSON pointer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
WRITING = ("post", "put", "patch", "delete")
DEEPEST = 8


@dataclass(frozen=True)
class TextField:
    """A field that takes text; `pattern` where it must have a form."""

    pointer: str
    pattern: str | None


@dataclass(frozen=True)
class Operation:
    """A writing operation of the contract, with the schema of its body (None: it has none) and its text fields."""

    method: str
    path: str
    schema: Schema | None
    fields: tuple[TextField, ...]


class Contract:
    """The merged contract of the gateway."""

    def __init__(self, document: Schema) -> None:
        self.document = document
        self.operations = {(op.method, op.path): op for op in self._operations()}

    def resolved(self, schema: Schema) -> Schema:
        """The schema behind a reference; of a choice the first one that is not null."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
            elif choice := [s for s in schema.get("anyOf", schema.get("oneOf", ())) if s.get("type") != "null"]:
                schema = choice[0]
            else:
                return schema

    def fields_of(self, schema: Schema, pointer: str = "", depth: int = 0) -> Iterator[TextField]:
        """The text fields of a schema; of a list those of its first item. Ids, instants, amounts and words of a closed
        set have forms of their own and are none."""
        schema = self.resolved(schema)
        if depth > DEEPEST:
            return
        if "properties" in schema:
            for name, part in schema["properties"].items():
                yield from self.fields_of(part, f"{pointer}/{name}", depth + 1)
        elif schema.get("type") == "array":
            yield from self.fields_of(schema["items"], f"{pointer}/0", depth + 1)
        elif schema.get("type") == "string" and not {"enum", "const", "format"} & set(schema):
            yield TextField(pointer, schema.get("pattern"))

    def _operations(self) -> Iterator[Operation]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if method in WRITING:
                    content = operation.get("requestBody", {}).get("content", {})
                    schema = next((kind.get("schema") for kind in content.values()), None)
                    fields = () if schema is None else tuple(dict.fromkeys(self.fields_of(schema)))
                    yield Operation(method.upper(), path, schema, fields)


def put(document: Any, pointer: str, value: Any) -> None:
    """Write a value at a pointer, making what is on the way."""
    *way, last = pointer.strip("/").split("/")
    for name, following in zip(way, [*way, last][1:], strict=True):
        empty: Any = [] if following == "0" else {}
        if isinstance(document, list):
            if not document:
                document.append(empty)
            document = document[0]
        else:
            document = document.setdefault(name, empty)
    if isinstance(document, list):
        document[:1] = [value]
    else:
        document[last] = value


def remove(document: Any, pointer: str) -> None:
    """Take away what is at a pointer, and what became empty by that."""
    *way, last = pointer.strip("/").split("/")
    for name in way:
        document = document[int(name)] if isinstance(document, list) else document[name]
    if isinstance(document, list):
        del document[int(last)]
    else:
        del document[last]


def get(document: Any, pointer: str) -> Any:
    """The value at a pointer; None where there is none."""
    for name in pointer.strip("/").split("/"):
        if isinstance(document, list):
            document = document[int(name)] if name.isdigit() and int(name) < len(document) else None
        elif isinstance(document, dict):
            document = document.get(name)
        else:
            return None
    return document
