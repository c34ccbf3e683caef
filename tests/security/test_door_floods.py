"""Who guesses keys takes nothing from who has one: a good request's p99 beside 60 connections that guess (G6)."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.security.door import Caller
from tests.security.door_gateway import ROOT, Gateway, gateway

__all__ = ["gateway"]  # a fixture

GUESSERS = 60
FLOOR = 0.010  # below this a p99 says more of the machine than of the service
MOST = 2.0


@contextmanager
def guessing(port: int) -> Iterator[dict[str, int]]:
    """Connections that guess, from when the first hundred refusals are over; afterwards what they were answered."""
    command = [sys.executable, "-m", "tests.security.door_guessers", str(port), str(GUESSERS)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    answers: dict[str, int] = {}
    try:
        time.sleep(1.5)
        yield answers
    finally:
        printed, _ = child.communicate(timeout=20)
        answers |= json.loads(printed)


def p99(gateway: Gateway, seconds: float) -> float:
    """Of good requests, one after the other on one connection; each reads the database."""
    took: list[float] = []
    until = time.monotonic() + seconds
    head = b"GET /v1/partners HTTP/1.1\r\nHost: localhost\r\n" + gateway.person + b"\r\n"
    with Caller(gateway.port, 30) as caller:
        while time.monotonic() < until:
            began = time.monotonic()
            assert caller.send(head)
            answer = b""
            while not answer.endswith(b"}"):
                answer += caller.socket.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
            took.append(time.monotonic() - began)
    return sorted(took)[int(len(took) * 0.99)]


def compared(gateway: Gateway, seconds: float, rounds: int) -> str | None:
    """None when in some round a good request was as quick as it should be, or what was measured.

    The machine does other work, so what is compared was measured at about the same time, and more than once.
    """
    measured: list[str] = []
    for _ in range(rounds):
        before = p99(gateway, seconds)
        with guessing(gateway.port) as answers:
            beside = p99(gateway, seconds)
        after = p99(gateway, seconds)
        assert answers.get("429", 0) > 0, answers
        measured.append(f"p99 {before:.4f} s, beside guessers {beside:.4f} s, after {after:.4f} s; {answers}")
        print(measured[-1])
        if beside <= MOST * max(before, after, FLOOR):
            return None
    return "; ".join(measured)


def test_guessing_takes_nothing_from_who_has_a_key(gateway: Gateway) -> None:
    assert compared(gateway, seconds=0.7, rounds=5) is None


@pytest.mark.chaos
def test_guessing_takes_nothing_from_who_has_a_key_for_long(gateway: Gateway) -> None:
    assert compared(gateway, seconds=15, rounds=3) is None
