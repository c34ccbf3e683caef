"""How deep a text is and how many values it has, against a reader that goes through it byte by byte."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.chassis.http import json_structure
from shared.chassis.http.json_structure import DEEPEST, MOST_VALUES, check_structure
from shared.chassis.http.strict_json import parse_json
from shared.chassis.problems import Refused

TRICKY = st.text(alphabet='[]{},"\\ax\u00e9\u5ba2/', max_size=12)
VALUES = st.recursive(
    st.none() | st.integers() | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=40,
)


def measured(text: bytes) -> tuple[int, int]:
    """Depth and number of commas and opening brackets, outside of strings."""
    depth = deepest = values = 0
    in_text = escaped = False
    for character in text.decode():
        if in_text:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_text = False
        elif character == '"':
            in_text = True
        elif character in "[{":
            depth, values = depth + 1, values + 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
        elif character == ",":
            values += 1
    return deepest, values


def refusal_of(text: bytes) -> str | None:
    try:
        check_structure(text)
    except Refused as refused:
        return refused.code
    return None


@settings(max_examples=300)
@given(VALUES, st.integers(0, 40), st.booleans(), st.booleans())
def test_depth_is_exact_whatever_the_strings_hold(value: Any, around: int, as_objects: bool, ascii_only: bool) -> None:
    for _ in range(around):
        value = {'"[\\': value} if as_objects else ["[{\\", value]
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    depth, values = measured(text)
    assert values <= MOST_VALUES
    assert refusal_of(text) == ("too_deep" if depth > DEEPEST else None)


@settings(max_examples=200)
@given(VALUES, st.booleans())
def test_values_are_counted_exactly(value: Any, ascii_only: bool) -> None:
    text = json.dumps([value] * 3, ensure_ascii=ascii_only).encode()
    structure = json_structure.structure_of(text)
    assert structure.count(b",") + structure.count(b"[") == measured(text)[1]


def test_the_number_of_values_has_a_limit_and_commas_in_strings_do_not_count() -> None:
    most = b"[" + b"1," * (MOST_VALUES - 1) + b"1]"
    assert refusal_of(most) is None
    assert refusal_of(most[:-1] + b",1]") == "too_many_values"
    assert refusal_of(json.dumps({"a": "," * 50_000, "b": '"[' * 50_000, "c": ["{,"] * 1000}).encode()) is None
    assert refusal_of(b"[" + b"{}," * MOST_VALUES) == "too_many_values"


HOSTILE = {
    "brackets": b"[" * 7_900_000,
    "objects": b'{"a":' * 1_500_000,
    "pairs": b"[" + b"[]," * 2_600_000,
    "columns": b"[" + (b"[" * 31 + b"]" * 31 + b",") * 120_000,
    "columns of objects": b"[" + (b'{"":' * 31 + b"1" + b"}" * 31 + b",") * 40_000,
    "strings of brackets": b"[" + b'"[",' * 2_000_000,
    "quotes": b"[" * 40 + b'"' * 7_900_000,
    "escapes": b'["' + b'\\"[' * 2_600_000,
    "backslashes": b'["[[,' + b"\\" * 7_900_000,
    "closing": b"]" * 7_900_000 + b"[" * 40,
    "commas": b"[" + b"," * 7_900_000,
}
# What a single body may have: all of it is parsed, and looked at, in one go.
DIGITS = {
    "digits of an int": b"[" + b"9" * 500_000 + b"]",
    "digits of a float": b"[0." + b"3" * 500_000 + b"]",
    "digits of an exponent": b"[1e" + b"9" * 500_000 + b"]",
    "a key twice": b"{" + b",".join(b'"k%d":0' % number for number in range(5000)) + b',"k4999":1}',
    "the same key": b"{" + b'"k":0,' * 5000 + b'"k":0}',
    "one string": b'["' + b"x" * 500_000 + b'"]',
    "escaped characters": b'["' + b"\\u0041" * 85_000 + b'"]',
    "half pairs": b'["' + b"\\ud800" * 85_000 + b'"]',
    "long numbers": b"[" + b",".join([b"9" * 31] * 5000) + b"]",
    "wide numbers": b"[" + b",".join([b"1e999"] * 5000) + b"]",
}


def cpu_seconds(text: bytes) -> float:
    """Of this thread: what others on the machine do does not count."""
    began = time.thread_time()
    with suppress(Refused):
        parse_json(text)
    return time.thread_time() - began


@pytest.mark.parametrize("attack", HOSTILE)
def test_no_structure_takes_long(attack: str) -> None:
    """Of any size: these are 8 MB, of which the table of limits lets half a MB in at most."""
    assert min(cpu_seconds(HOSTILE[attack][: 512 * 1024]) for _ in range(2)) < 0.05
    assert min(cpu_seconds(HOSTILE[attack]) for _ in range(2)) < 0.5
    if attack in ("brackets", "objects"):
        assert refusal_of(HOSTILE[attack]) == "too_deep"
        assert min(cpu_seconds(HOSTILE[attack]) for _ in range(3)) < 0.05


@pytest.mark.parametrize("attack", DIGITS)
def test_no_body_within_the_limits_takes_long(attack: str) -> None:
    assert min(cpu_seconds(DIGITS[attack]) for _ in range(2)) < 0.05


def test_a_usual_order_is_known_after_counting() -> None:
    """Some microseconds for 2 KB, next to nothing beside parsing it; and most orders are read by the fast parser."""
    lines = [{"line": number, "sku": f"s-{number}", "quantity": 1, "amount": "1.00"} for number in range(1, 21)]
    text = json.dumps({"order_id": "o-1", "channel": "web", "note": "x" * 600, "lines": lines}).encode()
    began = time.thread_time()
    for _ in range(1000):
        check_structure(text)
    assert (time.thread_time() - began) / 1000 < 20e-6
