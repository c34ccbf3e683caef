"""Values for the fuzz: nearly what a schema of the contract asks for, or hostile; the same for the same seed."""

import json
from copy import deepcopy
from random import Random
from typing import Any

Schema = dict[str, Any]
Ids = dict[str, list[str]]  # real ids of the running system, by the names of parameters and fields

NUMBERS = (
    *(-1, 0, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**400),
    *(1e308, -1e-320, 0.1),
)
STRUCTURES: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None]),
    *({"a": {"b": []}}, {"": ""}, {"$ref": "#"}, {"__proto__": {}}),
)
TEXTS = (
    *("", " ", "\t", "a\0b", "\0", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "\u2028", "x" * 5000, "é" * 70),
    *("😀" * 300, "é", "İ", "ß", "ﬀ", "٣", "Ⅷ", "１２", "NaN", "Infinity", "-Infinity", "1e999", "-0", "0x10"),
    *("1_000", "+1", "1.", "99999999999999.9999", "-1", "0.00001", "1e5", "1,5", "'; drop table outbox; --", "%", "_"),
    *("\\", "\n", "${jndi:x}", "<script>", "{{7*7}}", "../../etc/passwd", "\r\nX: y"),
)
INSTANTS = (
    *("9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59", "2199-12-31T23:59:59Z", "1800-01-01"),
    *("2024-02-30", "2026-02-29T25:61:61Z", "2026-01-01", "20260101", "now", "P1D"),
)
UUIDS = (
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    *("0190a000-0000-7000-8000-00000000000a", "0190A000-0000-7000-8000-00000000000A"),
    *("{0190a000-0000-7000-8000-00000000000a}", "0190a00000007000800000000000000a"),
)
HOSTILE: tuple[Any, ...] = NUMBERS + STRUCTURES + TEXTS + INSTANTS + UUIDS
CODES = ("x1", "demo", "agent", "platinum", "gold", "call", "delivery", "tea", "2026-11", "a-code")
DEEPEST = 7


def likely(schema: Schema, components: Schema, ids: Ids, random: Random, name: str = "", depth: int = 0) -> Any:
    """A value that the schema accepts, or nearly: patterns are only guessed at. `name` finds real ids."""
    if "$ref" in schema:
        return likely(components[schema["$ref"].rpartition("/")[2]], components, ids, random, name, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            choices = [each for each in schema[choice] if each.get("type") != "null"] or schema[choice]
            return likely(random.choice(choices), components, ids, random, name, depth + 1)
    if name in ids and schema.get("type", "string") == "string" and random.random() < 0.9:
        return random.choice(ids[name])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    if schema.get("examples") and random.random() < 0.5:
        return random.choice(schema["examples"])
    if schema.get("type") == "object":
        return _object(schema, components, ids, random, depth)
    if schema.get("type") == "array":
        length = _length(schema, random, depth)
        return [likely(schema.get("items", {}), components, ids, random, name, depth + 1) for _ in range(length)]
    return _plain(schema, random)


def _length(schema: Schema, random: Random, depth: int) -> int:
    least = int(schema.get("minItems", 0))
    return least if depth > DEEPEST else min(int(schema.get("maxItems", 3)), least + random.choice((0, 1, 1, 2)))


def _plain(schema: Schema, random: Random) -> Any:
    match schema.get("type"):
        case "integer":
            return _integer(schema, random)
        case "number":
            return random.choice((0, 0.5, 1, 12.5))
        case "boolean":
            return random.random() < 0.5
        case "null":
            return None
        case "string":
            return _text(schema, random)
        case _:
            return random.choice(("x", 1, None, {}))


def _object(schema: Schema, components: Schema, ids: Ids, random: Random, depth: int) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    optional = 0.0 if depth > DEEPEST else random.choice((0.0, 0.3, 0.8))
    made = {
        name: likely(member, components, ids, random, name, depth + 1)
        for name, member in schema.get("properties", {}).items()
        if name in required or random.random() < optional
    }
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and depth <= DEEPEST:
        made |= {key: likely(more, components, ids, random, "", depth + 1) for key in random.sample(CODES, 2)}
    return made


def _integer(schema: Schema, random: Random) -> int:
    low = int(schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1 if "exclusiveMinimum" in schema else 0))
    high = int(schema.get("maximum", low + 100))
    return random.choice((low, high, min(high, low + 1), random.randint(low, min(high, low + 20))))


def _text(schema: Schema, random: Random) -> str:
    match schema.get("format"):
        case "uuid":
            return f"0190a000-0000-7000-8000-{random.getrandbits(48):012x}"
        case "date-time":
            day, hour, minute = random.randint(1, 27), random.randint(0, 23), random.randint(0, 59)
            return f"2026-11-{day:02}T{hour:02}:{minute:02}:00{random.choice(('Z', '+08:00'))}"
        case "date":
            return f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        case "decimal":
            return random.choice(("0", "1", "12.50", "100", "0.0001"))
        case _:
            text = random.choice((*CODES, f"f-{random.getrandbits(20):x}", "+12125550123", "USD"))
            if "pattern" not in schema and random.random() < 0.2:
                text = "客户 é\u0301 " + text
            text = text.ljust(int(schema.get("minLength", 0)), "x")
            return text[: int(schema.get("maxLength", 10_000))]


def spoiled(value: Any, random: Random) -> Any:
    """The value with one to three of its places replaced by something hostile, left out, doubled or made anew."""
    value = deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        places = list(_places(value))
        if not places or random.random() < 0.05:
            return random.choice(HOSTILE)
        node, step = random.choice(places)
        match random.randrange(8):
            case 0:
                del node[step]
            case 1 if isinstance(node, dict):
                node[random.choice(("unknown", "a\0", "", "__class__", "Id", f"{step} "))] = random.choice(HOSTILE)
            case 2 if isinstance(node, list):
                node.extend([node[step]] * random.choice((1, 2, 200)))
            case 3:
                node[step] = [node[step]]
            case _:
                node[step] = deepcopy(random.choice(HOSTILE))
    return value


def _places(node: Any) -> Any:
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in list(steps):
        yield node, step
        yield from _places(child)


def as_bytes(value: Any) -> bytes:
    """JSON, lone surrogates escaped, as Python writes them."""
    return json.dumps(value).encode()


JUNK = (
    *(b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"{", b"]", b",", b'"', b"//", b"NaN", b"1e9999", b"\\u00", b"\r\n"),
    *(b"\xe2\x80\xa8", b"true", b"-", b"/**/"),
)


def garbled(body: bytes, random: Random) -> bytes:
    """The body with its grammar broken: cut, doubled keys, bytes that are no text, numbers that are none, too deep."""
    at = random.randrange(len(body) + 1)
    every_key_twice = body[:-1] + b", " + body[1:] if body.startswith(b"{") and len(body) > 2 else body[:at]
    ways = (
        lambda: body[:at],
        lambda: body[:at] + random.choice(JUNK) + body[at:],
        lambda: body[:at] + random.choice(JUNK) + body[at + 1 :],
        lambda: b"[" * random.choice((33, 40, 5000)) + body,
        lambda: b'{"a":' * 40 + body + b"}" * 40,
        lambda: body.replace(b"{", b'{"a": 1, "a": 2, ', 1),
        lambda: every_key_twice,
        lambda: b"\xef\xbb\xbf" + body,
        lambda: body.decode("utf-8", "replace").encode("utf-16"),
        lambda: body + random.choice((b" ", b"\n" * 1000, b"x", body)),
        lambda: body.replace(b": ", b": NaN, ", 1),
        lambda: body.replace(b'"', b"'"),
        lambda: b"9" * random.choice((400, 5000)),
        lambda: bytes(random.randrange(256) for _ in range(random.randrange(60))),
    )
    return random.choice(ways)()
