"""Requests for the fuzz: an operation of a contract, filled in likely or hostile, by somebody; each of its own seed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from tests.security.fuzz_values import HOSTILE, Ids, as_bytes, garbled, likely, spoiled

Headers = list[tuple[bytes, bytes]]
PATH_VALUES = (
    *("0", "-1", "null", "%00", "%ff", "a%2Fb", "%E5%AE%A2", "..%2f..", "x" * 2000, "%F0%9F%98%80", "'", "%", "%zz"),
    *("%ED%A0%80", "0190A000-0000-7000-8000-00000000000A", "%7B0190a000-0000-7000-8000-00000000000a%7D", "%20", "*"),
    *(":batch", ";a=b", "~"),
)
QUERY_VALUES = (
    *(
        "",
        "a%00b",
        "x" * 3000,
        "-1",
        "99999999999999999999",
        "%25_",
        "2025-13-01",
        "%E5%AE%A2",
        "%ff",
        "%",
        "%zz",
        "NaN",
    ),
    *("true", "1,2,,3", "0190a000-0000-7000-8000-00000000000a", "9999-12-31T23:59:59Z", "%ED%A0%80", "+"),
    *("2026-11-01T00:00:00%2B08:00", "0001-01-01T00:00:00%2B23:59"),
)
HEADER_VALUES = (
    *(b"", b"\xff\xfe", b"a\0b", b"x" * 5000, b'"', b"*", b'W/"1"', b'"1", "2"', b"'; drop", "ключ".encode(), b"\t a"),
)
HEADER_NAMES = (
    *(b"idempotency-key", b"if-match", b"if-none-match", b"traceparent", b"tracestate", b"x-request-id", b"range"),
    *(b"accept", b"accept-language", b"accept-encoding", b"x-forwarded-for", b"x-http-method-override", b"cookie"),
    *(b"prefer", b"origin", b"content-encoding", b"expect", b"x-any"),
)
CONTENT_TYPES = (
    *(b"text/plain", b"application/xml", b"", b"application/json; charset=utf-16", b"multipart/form-data", b"\xff"),
)
LONGEST_TARGET = 12_000  # a head of more than 16 KiB does not come as far as the application
METHODS = ("HEAD", "OPTIONS", "TRACE", "PATCH", "PUT", "DELETE", "POST", "GET", "FOO", "get", "PROPFIND")
# With the right of services these say that a stream goes on behind a gap: a decision of an operator, not to be guessed
NOT_BY_THE_POWERFUL = frozenset({("POST", "/internal/streams/{topic}/passed")})


@dataclass(frozen=True)
class Operation:
    """An operation of a service's contract; `components` are the contract's schemas."""

    service: str
    method: str
    path: str
    described: Mapping[str, Any]
    components: Mapping[str, Any]


@dataclass(frozen=True)
class FuzzCaller:
    """Who asks; `weight` is how often, `powerful` has the scopes of services."""

    name: str
    weight: int
    headers: Callable[[str], Mapping[str, str]]
    powerful: bool = False


@dataclass(frozen=True)
class FuzzRequest:
    """A request as it goes out, and from which operation it was made."""

    number: int
    operation: Operation
    caller: str
    method: str
    target: str
    headers: Headers
    body: bytes
    likely: bool  # nothing in it is meant to be refused

    def __str__(self) -> str:
        plain = [(name, value[:60]) for name, value in self.headers if name != b"authorization"]
        return (f"#{self.number} {self.operation.service} {self.method} {self.target[:200]} by {self.caller} {plain} "
                f"{self.body[:500]!r}")  # fmt: skip


def make_request(
    seed: int, number: int, operations: Sequence[Operation], callers: Sequence[FuzzCaller], ids: Ids
) -> FuzzRequest:
    """The request of this number: operations take turns, everything else is drawn from the number's own seed."""
    random = Random(f"{seed}:{number}")
    operation = operations[number % len(operations)]
    caller = random.choices(callers, [each.weight for each in callers])[0]
    if caller.powerful and (operation.method, operation.path) in NOT_BY_THE_POWERFUL:
        caller = next(each for each in callers if not each.powerful)
    target, spoiled_target = _target(operation, ids, random)
    headers: Headers = [(k.lower().encode(), v.encode()) for k, v in caller.headers(operation.service).items()]
    body, spoiled_body = _body(operation, ids, random, headers)
    method, odd = operation.method, random.random() < 0.04
    if odd:
        method = random.choice([each for each in METHODS if not _is_another_operation(each, operation, operations)])
    unusual = random.random() < 0.12
    for _ in range(random.choice((1, 1, 2)) if unusual else 0):
        headers.append((random.choice(HEADER_NAMES), random.choice(HEADER_VALUES)))
    if operation.method in ("POST", "PATCH", "PUT") and random.random() < 0.2:
        headers.append((b"idempotency-key", random.choice((b"again", f"k{random.getrandbits(16)}".encode()))))
    if random.random() < 0.3:
        headers.append((b"if-match", random.choice((b'"1"', b'"2"', b'W/"3"', b"*"))))
    good = not (spoiled_target or spoiled_body or odd or unusual)
    return FuzzRequest(number, operation, caller.name, method, target, headers, body, good)


def _is_another_operation(method: str, operation: Operation, operations: Sequence[Operation]) -> bool:
    """Whether this method at this path is an operation too, which takes its own turns."""
    at = (operation.service, operation.path)
    return any((each.service, each.path) == at and each.method == method for each in operations)


def _target(operation: Operation, ids: Ids, random: Random) -> tuple[str, bool]:
    hostile = False

    def value(match: re.Match[str]) -> str:
        nonlocal hostile
        chance = random.random()
        if chance < 0.75 and match[1] in ids:
            return quote(random.choice(ids[match[1]]), safe="")
        hostile = True
        return random.choice(PATH_VALUES) if chance > 0.9 else f"0190a000-0000-7000-8000-{random.getrandbits(48):012x}"

    target = re.sub(r"\{(\w+)\}", value, operation.path)
    pairs: list[str] = []
    for parameter in operation.described.get("parameters", ()):
        if parameter["in"] != "query" or not (parameter.get("required") or random.random() < 0.4):
            continue
        name = quote(parameter["name"])
        if random.random() < 0.6:
            made = likely(parameter["schema"], dict(operation.components), ids, random, parameter["name"])
            for each in made if isinstance(made, list) else [made]:
                pairs.append(f"{name}={quote(str(each).lower() if isinstance(each, bool) else str(each), safe='')}")
        else:
            hostile = True
            pairs += [f"{name}={random.choice(QUERY_VALUES)}"] * random.choice((1, 1, 1, 2, 50))
    if random.random() < 0.05:
        hostile = True
        pairs.append(random.choice(("unknown=1", "=", "&&", "%00=1", "a" * 3000, "q[]=1", "limit=1&limit=2")))
    while len(target) + sum(map(len, pairs)) > LONGEST_TARGET:
        del pairs[0]
    return (f"{target}?{'&'.join(pairs)}" if pairs else target), hostile


def _body(operation: Operation, ids: Ids, random: Random, headers: Headers) -> tuple[bytes, bool]:
    content = operation.described.get("requestBody", {}).get("content", {})
    if not content:
        if random.random() < 0.9:
            return b"", False
        headers.append((b"content-type", b"application/json"))
        return as_bytes(random.choice([each for each in HOSTILE if not isinstance(each, float)])), True
    media, described = next(iter(content.items()))
    examples = [each["value"] for each in described.get("examples", {}).values() if "value" in each]
    made = (
        random.choice(examples)
        if examples and random.random() < 0.2
        else likely(described["schema"], dict(operation.components), ids, random)
    )
    chance = random.random()
    hostile = chance > 0.35
    if 0.35 < chance <= 0.8:
        made = spoiled(made, random)
    body = as_bytes(made)
    if chance > 0.8:
        body = garbled(body, random)
    if media == "application/x-ndjson":
        body = b"\n".join([body] * random.choice((1, 2, 5)))
    wrong_type = random.random() < 0.03
    headers.append((b"content-type", random.choice(CONTENT_TYPES) if wrong_type else media.encode()))
    return body, hostile or wrong_type
