"""How deep a JSON text is and how many values it has, found without parsing it, in a few passes of C.

Strings are taken out first, so brackets and commas in them do not count: what is left of a text is `[`, `]` and `,`
(objects count as lists). Then innermost pairs are taken away as often as a text may be deep; what remains of valid JSON
was deeper. A text with few brackets and commas is known after counting its bytes.
"""

import re

from shared.chassis.problems import Refused

DEEPEST = 32
MOST_VALUES = 6000  # values, and the lists and objects around them; an order of 500 whole lines has 4,000
BEGINNING = 64 * 1024  # of a text that has too much in it: looked at alone, to tell what is deep without end

AS_LISTS = bytes.maketrans(b"{}", b"[]")
ALL_ELSE = bytes(byte for byte in range(256) if byte not in b'[]{},"')
TEXT = re.compile(rb'"[^"]*"?')  # the rest of it, where its end is missing


def check_structure(text: bytes) -> None:
    """Refused 422 `too_deep` when something is inside of more than `DEEPEST` lists and objects, or `too_many_values`
    when there are more than `MOST_VALUES` commas, lists and objects. Exact for valid JSON."""
    brackets = text.count(b"[") + text.count(b"{")
    if len(text) > MOST_VALUES and brackets + text.count(b",") > MOST_VALUES:
        if is_deep(structure_of(text[:BEGINNING])):
            raise _too_deep()
        structure = structure_of(text)
        if structure.count(b",") + structure.count(b"[") > MOST_VALUES:
            raise Refused(422, "too_many_values", f"A body has {MOST_VALUES} values at most.", limit=MOST_VALUES)
    elif brackets > DEEPEST:
        structure = structure_of(text)
    else:
        return
    if is_deep(structure):
        raise _too_deep()


def structure_of(text: bytes) -> bytes:
    """The brackets and commas that are not in strings, objects written as lists."""
    if b"\\" in text:  # escapes, in pairs from the left: then every quote that is left begins or ends a string
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    text = text.translate(AS_LISTS, ALL_ELSE)
    if b'"' in text:
        text = text.replace(b'""', b"")  # strings that are empty by now; two that touch become one
        if b'"' in text:
            text = TEXT.sub(b"", text)
    return text


def is_deep(structure: bytes) -> bool:
    """Whether brackets are nested more than `DEEPEST` deep."""
    brackets = structure.replace(b",", b"")
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"")
        if not inner:
            return False
        if len(inner) == len(brackets):  # no pair is left: all that closes, then all that opens
            return inner.count(b"[") > DEEPEST
        brackets = inner
    return b"[" in brackets


def _too_deep() -> Refused:
    return Refused(422, "too_deep", f"JSON may be nested {DEEPEST} deep at most.")
