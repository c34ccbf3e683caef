"""Nothing that is refused holds the others up: the gateway's event loop never pauses for more than 50 ms.

Each attack runs beside a probe of `/livez`. The pause that is judged is the processor time which the loop's own thread
took without letting anybody else on: the machine's other work does not count. The probe sees what a caller sees.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from tests.security.door import Caller, code_in
from tests.security.door_gateway import Gateway, gateway

__all__ = ["gateway"]  # a fixture

LONGEST_PAUSE = 0.05
LONGEST_ANSWER = 2.0  # of the probe, on a machine with other work: a frozen gateway took 7 to 10 s
KIB, MIB = 1024, 1024 * 1024
JSON, NDJSON = b"application/json", b"application/x-ndjson"


@contextmanager
def probed(port: int) -> Iterator[list[float]]:
    """Asks `/livez` again and again, on one connection; how long each answer took."""
    took: list[float] = []
    stop = threading.Event()

    def probe() -> None:
        with Caller(port, 30) as caller:
            while not stop.is_set():
                began = time.monotonic()
                assert caller.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = b""
                while not answer.endswith(b"}"):
                    answer += caller.socket.recv(4096)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                took.append(time.monotonic() - began)
                stop.wait(0.002)

    prober = threading.Thread(target=probe)
    prober.start()
    try:
        yield took
    finally:
        stop.set()
        prober.join()


# --- what is sent ---


def deep(size: int) -> bytes:
    return b"[" * size


LINE_OF_ERRORS = b"{" + b",".join(b'"wrong%d":0' % number for number in range(50)) + b"}"
COLUMNS = b"[" + (b'{"":' * 31 + b"1" + b"}" * 31 + b",") * 1000
BODIES: dict[str, bytes] = {
    "brackets": deep(7_900_000),
    "brackets within the limit": deep(60 * KIB),
    "objects within the limit": b'{"a":' * 10_000,
    "columns": COLUMNS[: 60 * KIB],
    "many values": b"[" + b"0," * 30_000 + b"0]",
    "many lists": b'{"lines":[' + b"[]," * 5900 + b"0]}",
    "500 lines with 50 errors each": b'{"lines":[' + b",".join([LINE_OF_ERRORS] * 500) + b"]}",
    "110 lines with 50 errors each": b'{"lines":[' + b",".join([LINE_OF_ERRORS] * 110) + b"]}",
    "lines of nothing": b'{"lines":[' + b"{}," * 2900 + b"{}]}",
    "unknown members": b"{" + b",".join(b'"k%d":0' % number for number in range(5900)) + b"}",
    "a key twice": b"{" + b",".join(b'"k%d":0' % number for number in range(5800)) + b',"k5799":0}',
    "digits": b'{"amount":' + b"9" * 60_000 + b"}",
    "decimals": b'{"amount":0.' + b"3" * 60_000 + b"}",
    "beyond a double": b'{"amount":1e999999999}',
    "one string": b'{"order_id":"' + b"x" * 60_000 + b'"}',
    "escapes": b'{"order_id":"' + b"\\u0041" * 10_000 + b'"}',
    "half a pair": b'{"order_id":"' + b"\\ud800" * 10_000 + b'"}',
    "brackets in strings": b'{"a":[' + b'"[[",' * 5900 + b'"]"]}',
    "marks without end": json.dumps({"names": [{"name": "a" + "\u0316\u0301" * 5000}]}).encode(),
    "letters that unfold": json.dumps({"names": [{"name": "\ufdfa" * 9000}]}, ensure_ascii=False).encode(),
}
BATCHES: dict[str, bytes] = {
    "one deep line": deep(7_900_000),
    "a thousand deep lines": (deep(7900) + b"\n") * 1000,
    "empty lines": b"\n" * 8_000_000,
    "too many lines": b"{}\n" * 2_600_000,
    "200 lines of errors": (b'{"lines":[' + b",".join([LINE_OF_ERRORS] * 8) + b"]}\n") * 200,
    "lines of many members": (b"{" + b",".join(b'"k%d":0' % number for number in range(700)) + b"}\n") * 200,
    "10 lines of all there may be": (b"{" + b",".join(b'"k%d":0' % number for number in range(5900)) + b"}\n") * 10,
    "lines of strings": (b'{"a":"' + b"x" * 7900 + b'"}\n') * 1000,
}
LONG = 15 * KIB
HEADS: dict[str, bytes] = {
    "a long query": b"GET /v1/partners?q=" + b"x" * LONG,
    "a query of many parameters": b"GET /v1/partners?" + b"a=1&" * 3500,
    "299 parameters that are not known": b"GET /v1/partners?"
    + b"&".join(b"cursur%d=1" % number for number in range(299)),
    "a query of percents": b"GET /v1/partners?q=" + b"%ff" * 5000,
    "a long path": b"GET /v1/" + b"a/" * (LONG // 2),
    "a path of percents": b"GET /v1/orders/" + b"%E5%AE%A2" * 1600,
    "a long id": b"GET /v1/orders/" + b"9" * LONG,
    "a forwarded query": b"GET /v1/customers?" + b"ids=%20&" * 299,
}
HEADERS: dict[str, bytes] = {
    "a long token": b"Authorization: Bearer " + b"a.b" * (LONG // 3),
    "a long key": b"Authorization: Bearer pk_" + b"a" * LONG,
    "a token of brackets": b"Authorization: Bearer eyJhbGciOiJSUzI1NiJ9." + b"W1tb" * (LONG // 4) + b".x",
    "many cookies": b"Cookie: " + b"a=b;" * (LONG // 4),
    "cookies of quotes": b'Cookie: a="' + b'\\"' * (LONG // 2),
    "many languages": b"Accept-Language: " + b"en;q=0.1," * (LONG // 9),
    "a long type": b"Content-Type: " + b"a/b;" * (LONG // 4),
    "a long trace": b"traceparent: " + b"0" * LONG,
    "many keys": b"Idempotency-Key: a\r\n" * 90 + b"X: x",
}


def request(method_and_target: bytes, credential: bytes, body: bytes = b"", media_type: bytes = JSON) -> bytes:
    content = b"Content-Type: %b\r\nContent-Length: %d\r\n" % (media_type, len(body)) if body else b""
    return b"%b HTTP/1.1\r\nHost: localhost\r\n%b%bConnection: close\r\n\r\n%b" % (
        method_and_target, credential, content, body,
    )  # fmt: skip


def framed_request(method_and_target: bytes, credential: bytes, body: bytes) -> bytes:
    pieces = [body[start : start + 65535] for start in range(0, len(body), 65535)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    head = b"%b HTTP/1.1\r\nHost: localhost\r\n%bContent-Type: %b\r\nTransfer-Encoding: chunked\r\n"
    return head % (method_and_target, credential, JSON) + b"Connection: close\r\n\r\n" + framed + b"0\r\n\r\n"


def attacks(gateway: Gateway) -> Iterator[tuple[str, bytes]]:
    """Everything that is sent, each as somebody who may send it."""
    for name, body in BODIES.items():
        yield f"{name} for a token", request(b"POST /dev/token", b"", body)
        yield f"{name} as an order", request(b"POST /v1/orders", gateway.partner, body)
        yield f"{name} as a payment", request(b"POST /v1/payments", gateway.person, body)
        yield f"{name} as a customer", request(b"POST /v1/customers", gateway.person, body)
        yield f"{name} as a complaint", request(b"POST /v1/complaints", gateway.partner, body)
    for name in ("brackets", "many values", "columns", "one string"):
        yield f"{name} in chunks", framed_request(b"POST /v1/orders", gateway.partner, BODIES[name])
        yield f"{name} in chunks for a token", framed_request(b"POST /dev/token", b"", BODIES[name])
    for name, body in BATCHES.items():
        yield f"{name} of orders", request(b"POST /v1/orders:batch", gateway.partner, body, NDJSON)
        yield f"{name} of customers", request(b"POST /v1/customers:batch", gateway.person, body, NDJSON)
        yield f"{name} of nobody", request(b"POST /v1/orders:batch", b"", body, NDJSON)
    for name, target in HEADS.items():
        yield name, request(target, gateway.person)
        yield f"{name} of a partner", request(target, gateway.partner)
    for name, header in HEADERS.items():
        credential = b"" if header.startswith(b"Authorization") else gateway.person
        yield name, request(b"GET /v1/partners", credential + header + b"\r\n")
        yield f"{name} at the desk", request(b"GET /desk", header + b"\r\n")
        yield f"{name} to be forwarded", request(b"GET /v1/customers", credential + header + b"\r\n")


def attack(gateway: Gateway, sent: bytes) -> tuple[bytes, dict[str, float]]:
    """The answer, and the longest pauses meanwhile."""
    gateway.pauses()
    with Caller(gateway.port, 60) as caller:
        caller.send(sent)
        answer = caller.read_to_end()
    return answer, gateway.pauses()


def judged(gateway: Gateway, rounds: int, share: int = 1) -> list[str]:
    """What went wrong, of every `share`th attack: it fails when the loop paused for too long each time."""
    wrong: list[str] = []
    with probed(gateway.port) as took:
        for name, sent in islice(attacks(gateway), 0, None, share):
            pauses = []
            for _ in range(rounds + 2):
                answer, longest = attack(gateway, sent)
                pauses.append(longest["cpu"])
                if len(pauses) >= rounds and min(pauses) < LONGEST_PAUSE:
                    break
            status = int(answer.split(b" ", 2)[1]) if answer else 0
            if status == 500:
                wrong.append(f"{name}: {answer[:200]!r}")
            if not answer and len(sent) < MIB:
                wrong.append(f"{name}: no answer")
            if min(pauses) > LONGEST_PAUSE:
                wrong.append(f"{name}: the loop paused for {min(pauses):.3f} s")
    if max(took) > LONGEST_ANSWER:
        wrong.append(f"/livez took {max(took):.2f} s")
    return wrong


def test_nothing_that_is_refused_pauses_the_loop(gateway: Gateway) -> None:
    """A seventh of the attacks: no two of them at the same route with the same content."""
    assert judged(gateway, rounds=1, share=7) == []


@pytest.mark.chaos
def test_nothing_at_all_that_is_refused_pauses_the_loop(gateway: Gateway) -> None:
    assert judged(gateway, rounds=2) == []


def test_a_body_too_large_is_refused_before_it_is_read_and_the_connection_ends(gateway: Gateway) -> None:
    head = b"POST /dev/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for framed in (b"Content-Length: 7900000\r\n\r\n", b"Content-Length: 4097\r\n\r\n[[["):
        with Caller(gateway.port) as caller:
            caller.send(head + framed)
            assert code_in(caller.read_to_end()) == (413, "body_too_large")
    with Caller(gateway.port) as caller:
        caller.send(head + b"Transfer-Encoding: chunked\r\n\r\n1001\r\n" + b"[" * 4097 + b"\r\n")
        assert code_in(caller.read_to_end()) == (413, "body_too_large")


def test_who_goes_away_in_the_middle_is_nobodys_error(gateway: Gateway) -> None:
    head = b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    for _ in range(20):
        with Caller(gateway.port) as caller:
            caller.send(head + gateway.partner + b"\r\n{")
    with Caller(gateway.port) as caller:
        deadline = time.monotonic() + 10
        while b'status="499"' not in metrics(gateway):
            assert time.monotonic() < deadline
        assert b'status="500"' not in metrics(gateway)
        assert caller.send(b"\r\n")


def metrics(gateway: Gateway) -> Any:
    with Caller(gateway.port) as caller:
        caller.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return caller.read_to_end()
