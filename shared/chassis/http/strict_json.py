"""JSON as it was meant: UTF-8, finite numbers, no key twice, no deep nesting, no text a database can not keep.

What is refused costs little: how deep the body is and how many values it has is known before any parser sees it
(`json_structure.py`), and nothing here takes longer than in proportion to the body's length.
"""

import json
import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from shared.chassis.http.json_structure import check_structure
from shared.chassis.problems import Refused

LONGEST_INT = 30  # a number anybody means
ODD_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
Path = tuple[str | int, ...]  # keys and places in lists, from the outermost on


def parse_json(body: bytes) -> Any:
    """The value, or a refusal: 400 `malformed_json`; 422 `too_deep` or `too_many_values`, or with the pointer of what
    is wrong `duplicate_key`, `number_too_long`, `number_out_of_range` or `invalid_text`."""
    check_structure(body)
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_int,
            parse_float=_float,
        )  # fmt: skip
    except Refused as refusal:
        raise _at_its_place(body, refusal) from None
    except (ValueError, RecursionError):
        raise Refused(400, "malformed_json", "The body is not JSON in UTF-8.") from None
    if ODD_ESCAPE.search(body):
        for path, text in _texts(value, ()):
            if UNWRITABLE.search(text):
                raise Refused(422, "invalid_text", "Text must not hold NUL or half of a surrogate pair.").at(*path)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Refused(422, "duplicate_key", "An object has the same key twice.").at(key)
            seen.add(key)
    return parsed


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _int(digits: str) -> int:
    if len(digits) > LONGEST_INT:
        raise Refused(422, "number_too_long", f"A whole number may have {LONGEST_INT} characters at most.").at()
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise Refused(422, "number_out_of_range", "A number is at most what a double holds.").at()
    return value


def _at_its_place(body: bytes, refusal: Refused) -> Refused:
    """The body is read once more, with refusals where values would be: the first of them points at its whole way."""

    def kept(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def read_or_keep(part: Any) -> Any:
            try:
                return read(part)
            except Refused as refused:
                return refused

        return read_or_keep

    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=kept(_object), parse_constant=_no_constant,
            parse_int=kept(_int), parse_float=kept(_float),
        )  # fmt: skip
    except (ValueError, RecursionError):
        return Refused(400, "malformed_json", "The body is not JSON in UTF-8.")
    path, first = next(_refusals(value, ()), ((), refusal))
    return first.at(*path, *first.facts["errors"][0]["pointer"].split("/")[1:])


def _parts(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _refusals(value: Any, path: Path) -> Iterator[tuple[Path, Refused]]:
    if isinstance(value, Refused):
        yield path, value
    for step, part in _parts(value):
        yield from _refusals(part, (*path, step))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value with its path: of a key that of the object which has it."""
    if isinstance(value, str):
        yield path, value
    for step, part in _parts(value):
        if isinstance(step, str):
            yield path, step
        yield from _texts(part, (*path, step))
