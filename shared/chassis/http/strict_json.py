"""JSON as it was meant: UTF-8, finite numbers, no key twice, no deep nesting, no text a database can not keep."""

import json
import re
from typing import Any

from shared.chassis.problems import Refused

DEEPEST = 32
LONGEST_INT = 30  # a number anybody means
BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")  # what is deleted, to leave the brackets
PAIR = re.compile(rb"\{\}|\[\]")
ODD_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def parse_json(body: bytes) -> Any:
    """The value, or a refusal: 400 `malformed_json`; 422 `duplicate_key`, `too_deep`, `number_too_long` or
    `invalid_text`."""
    if _too_deep(body):
        raise Refused(422, "too_deep", f"JSON may be nested {DEEPEST} deep at most.")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_int)
    except (ValueError, RecursionError):
        raise Refused(400, "malformed_json", "The body is not JSON in UTF-8.") from None
    if ODD_ESCAPE.search(body) and _holds_unwritable(value):
        raise Refused(422, "invalid_text", "Text must not hold NUL or half of a surrogate pair.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise Refused(422, "duplicate_key", "An object has the same key twice.")
    return parsed


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _int(digits: str) -> int:
    if len(digits) > LONGEST_INT:
        raise Refused(422, "number_too_long", f"A whole number may have {LONGEST_INT} characters at most.")
    return int(digits)


def _too_deep(body: bytes) -> bool:
    """Brackets only, pairs taken away layer by layer: quick for what is shallow. Brackets in text get an exact look."""
    brackets = body.translate(None, BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return False
        brackets = PAIR.sub(b"", brackets)
    depth = deepest = 0
    for token in TOKENS.finditer(body):
        if token[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in b"]}":
            depth -= 1
    return deepest > DEEPEST


def _holds_unwritable(value: Any) -> bool:
    if isinstance(value, str):
        return UNWRITABLE.search(value) is not None
    if isinstance(value, dict):
        return any(_holds_unwritable(key) or _holds_unwritable(item) for key, item in value.items())
    return isinstance(value, list) and any(_holds_unwritable(item) for item in value)
