"""What changed in the OpenAPI documents since the last release, and would break who relies on it.

`python -m tools.openapi_changes` compares docs/openapi with docs/openapi/released and fails for each breaking change;
`--release` makes the documents of now the released ones, which is done once with each release and never between.

Breaking is what a caller of the last release can notice: an operation, a parameter, a field of an answer or a value
that is gone; something demanded that was not; a request that is accepted no more, or an answer of another kind. New
operations, new optional parameters and fields, wider requests and better texts are not. A value may be added to an enum
of a request; in an answer it is breaking, because a closed list was promised (codes that will grow are no enums). So is
a field of an answer that was always there and may be missing now.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPENAPI = Path(__file__).resolve().parent.parent / "docs" / "openapi"
METHODS = ("get", "put", "post", "patch", "delete")
# Bounds of values: which of two is the narrower one.
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
SAME = ("format", "pattern", "const", "multipleOf", "uniqueItems")

Node = dict[str, Any]


def breaking_changes(before: Node, now: Node) -> Iterator[str]:
    """A sentence for each change that breaks a caller of the document before, with the operation it is in."""
    for path, item in before.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            operation = now.get("paths", {}).get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            if operation is None:
                yield f"{where} is gone"
            else:
                comparison = Comparison(before, now)
                yield from (f"{where}: {change}" for change in comparison.operations(item[method], operation))


class Comparison:
    """Two documents, whose references are followed while parts are compared. Shapes that hold themselves end there."""

    def __init__(self, before: Node, now: Node) -> None:
        self.documents = (before, now)
        self._under_way: set[tuple[str, str, bool]] = set()

    def operations(self, before: Node, now: Node) -> Iterator[str]:
        if before.get("operationId") != now.get("operationId"):
            yield f"operationId {before.get('operationId')} is {now.get('operationId')} now"
        yield from self._parameters(before, now)
        yield from self._bodies(before, now)
        yield from self._answers(before, now)
        yield from _securities(before, now)

    def _parameters(self, before: Node, now: Node) -> Iterator[str]:
        old, new = (self._parameters_of(side, operation) for side, operation in enumerate((before, now)))
        for key, parameter in old.items():
            if key not in new:
                yield f"parameter {key[1]} is gone"
                continue
            if new[key].get("required") and not parameter.get("required"):
                yield f"parameter {key[1]} is demanded now"
            yield from self.requests(parameter.get("schema", {}), new[key].get("schema", {}), f"parameter {key[1]}")
        for key, parameter in new.items():
            if key not in old and parameter.get("required"):
                yield f"parameter {key[1]} is new and demanded"

    def _parameters_of(self, side: int, operation: Node) -> dict[tuple[str, str], Node]:
        parameters = [self._resolve(side, parameter) for parameter in operation.get("parameters", ())]
        return {(parameter["in"], parameter["name"]): parameter for parameter in parameters}

    def _bodies(self, before: Node, now: Node) -> Iterator[str]:
        old, new = (self._resolve(side, op.get("requestBody", {})) for side, op in enumerate((before, now)))
        if new.get("required") and not old.get("required"):
            yield "a body is demanded now"
        for media_type, content in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                yield f"a body of {media_type} is accepted no more"
            else:
                yield from self.requests(
                    content.get("schema", {}), new["content"][media_type].get("schema", {}), "body"
                )

    def _answers(self, before: Node, now: Node) -> Iterator[str]:
        for status, answer in before.get("responses", {}).items():
            if status not in now.get("responses", {}):
                if status.startswith("2"):
                    yield f"{status} is answered no more"
                continue
            old, new = self._resolve(0, answer), self._resolve(1, now["responses"][status])
            yield from (
                f"{status}: header {name} is gone"
                for name in old.get("headers", {})
                if name not in new.get("headers", {})
            )
            for media_type, content in old.get("content", {}).items():
                if media_type not in new.get("content", {}):
                    yield f"{status} is no {media_type} any more"
                else:
                    schema = new["content"][media_type].get("schema", {})
                    yield from self.answers(content.get("schema", {}), schema, status)
        for status in now.get("responses", {}):
            if status.startswith("2") and status not in before.get("responses", {}):
                yield f"{status} is a new answer of success"

    def requests(self, before: Node, now: Node, where: str) -> Iterator[str]:
        """What was accepted and is not any more."""
        yield from self._schemas(before, now, where, request=True)

    def answers(self, before: Node, now: Node, where: str) -> Iterator[str]:
        """What was promised and is not any more."""
        yield from self._schemas(before, now, where, request=False)

    def _schemas(self, before: Node, now: Node, where: str, *, request: bool) -> Iterator[str]:
        key = (str(before.get("$ref", id(before))), str(now.get("$ref", id(now))), request)
        if key in self._under_way:
            return
        self._under_way.add(key)
        try:
            old, new = self._resolve(0, before), self._resolve(1, now)
            if _options(old) or _options(new):
                yield from self._alternatives(old, new, where, request=request)
            else:
                yield from self._plain(old, new, where, request=request)
        finally:
            self._under_way.discard(key)

    def _alternatives(self, before: Node, now: Node, where: str, *, request: bool) -> Iterator[str]:
        """`anyOf`: each option of the narrower side has to have one on the wider side that takes it as it is."""
        old, new = _options(before) or [before], _options(now) or [now]
        if len(old) == len(new) == 2 and all(any(_is_null(option) for option in side) for side in (old, new)):
            rest = [next(option for option in side if not _is_null(option)) for side in (old, new)]
            yield from self._schemas(rest[0], rest[1], where, request=request)
            return
        for option in old if request else new:
            others = new if request else old
            if not any(self._fits(option, other, request=request) for other in others):
                kind = self._resolve(0 if request else 1, option).get("type", "an alternative")
                yield f"{where}: {kind} is {'accepted no more' if request else 'a new alternative'}"

    def _fits(self, option: Node, other: Node, *, request: bool) -> bool:
        before, now = (option, other) if request else (other, option)
        return not list(self._schemas(before, now, "", request=request))

    def _plain(self, before: Node, now: Node, where: str, *, request: bool) -> Iterator[str]:
        if before.get("type") != now.get("type"):
            yield f"{where}: {before.get('type', 'anything')} is {now.get('type', 'anything')} now"
            return
        yield from self._enums(before, now, where, request=request)
        wider, narrower = (now, before) if request else (before, now)
        for bound in UPPER:
            if bound in wider and (bound not in narrower or narrower[bound] > wider[bound]):
                yield f"{where}: {bound} is {now.get(bound, 'gone')} now"
        for bound in LOWER:
            if bound in wider and (bound not in narrower or narrower[bound] < wider[bound]):
                yield f"{where}: {bound} is {now.get(bound, 'gone')} now"
        for word in SAME:
            if before.get(word) != now.get(word) and word in (now if request else before):
                yield f"{where}: {word} is {now.get(word, 'gone')} now"
        yield from self._fields(before, now, where, request=request)
        for word in ("items", "additionalProperties"):
            if isinstance(before.get(word), dict) and isinstance(now.get(word), dict):
                yield from self._schemas(before[word], now[word], f"{where}[]", request=request)
        if (
            request
            and before.get("additionalProperties", True) is not False
            and now.get("additionalProperties") is False
        ):
            yield f"{where}: further fields are accepted no more"

    def _enums(self, before: Node, now: Node, where: str, *, request: bool) -> Iterator[str]:
        old, new = before.get("enum"), now.get("enum")
        if request and new is not None:
            gone = [value for value in old if value not in new] if old is not None else ["everything else"]
            yield from (f"{where}: {value} is accepted no more" for value in gone)
        elif not request and old is not None:
            added = [value for value in new if value not in old] if new is not None else ["everything else"]
            yield from (f"{where}: {value} is a new value of a closed list" for value in added)

    def _fields(self, before: Node, now: Node, where: str, *, request: bool) -> Iterator[str]:
        old, new = before.get("properties", {}), now.get("properties", {})
        for name, field in old.items():
            if name not in new:
                yield f"{where}.{name} is gone"
            else:
                yield from self._schemas(field, new[name], f"{where}.{name}", request=request)
        old_demands, new_demands = set(before.get("required", ())), set(now.get("required", ()))
        if request:
            yield from (f"{where}.{name} is demanded now" for name in sorted(new_demands - old_demands))
        else:
            missing = sorted((old_demands - new_demands) & set(new))
            yield from (f"{where}.{name} may be missing now" for name in missing)

    def _resolve(self, side: int, node: Node) -> Node:
        while "$ref" in node:
            place: Any = self.documents[side]
            for step in node["$ref"].removeprefix("#/").split("/"):
                place = place[step.replace("~1", "/").replace("~0", "~")]
            node = place
        return node


def _options(schema: Node) -> list[Node]:
    options: list[Node] = schema.get("anyOf") or schema.get("oneOf") or []
    return options


def _is_null(schema: Node) -> bool:
    return schema.get("type") == "null"


def _securities(before: Node, now: Node) -> Iterator[str]:
    """Each way in that was enough has to be enough still; being open to everybody is one."""
    old, new = ([json.dumps(way, sort_keys=True) for way in side.get("security", ())] for side in (before, now))
    if not old and new:
        yield "it is open to everybody no more"
    if old and new:
        for way in old:
            if way not in new:
                yield f"{way} is not enough any more"


def main(arguments: list[str], openapi: Path = OPENAPI) -> int:
    released = openapi / "released"
    if "--release" in arguments:
        released.mkdir(exist_ok=True)
        for document in sorted(openapi.glob("*.json")):
            shutil.copy(document, released / document.name)
        print("contract: the documents of now are the released ones; commit docs/openapi/released with the release")
        return 0
    broken = 0
    documents = sorted(released.glob("*.json"))
    for document in documents:
        now = openapi / document.name
        current = json.loads(now.read_text()) if now.exists() else {}
        for change in breaking_changes(json.loads(document.read_text()), current):
            print(f"{document.stem}: {change}")
            broken += 1
    if not documents:
        print("contract: nothing was released yet, so nothing can be broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
