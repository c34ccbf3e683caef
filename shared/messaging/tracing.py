"""W3C trace context: what is being done belongs to a trace, and so does what is announced of it; spans, where somebody
collects them.

A request's trace is in its outbox rows, crosses Kafka in a header and is that of the batch which it wakes elsewhere. A
batch can be of many traces: what is announced under a key carries on the trace of what came under that key. What begins
without a request (timers that are due, a job, what is done again and again) begins a trace of its own.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

SpanKind = Literal["server", "consumer", "producer", "internal"]
Attributes = Mapping[str, str | int]

# Of a later version than 00 what is known of it is read, and what follows its flags is left off (W3C, 4.2.4).
FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\Z")
LENGTH = 55  # of a traceparent of version 00

current_traceparent: ContextVar[str | None] = ContextVar("current_traceparent", default=None)
"""The trace of what is being done here: the chassis sets it per request, the inbox per batch."""

traces_of_keys: ContextVar[Mapping[str, str] | None] = ContextVar("traces_of_keys", default=None)
"""In a batch of several traces, each key's: that of the last event that came under it."""


class Span(NamedTuple):
    """Something that was done, as a part of a trace. Instants in nanoseconds since 1970."""

    name: str
    kind: SpanKind
    traceparent: str  # its trace, its own id, its flags
    parent: str | None  # the traceparent of what it is a part of, which may be somebody else's
    began_at: int
    ended_at: int
    failed: bool
    attributes: Attributes


class SpanCollector:
    """Where spans go: nowhere, until a collector is set at the start of a process that exports them."""

    collect: Callable[[Span], None] | None = None


class _Traced(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def traceparent(self) -> str | None: ...


def new_traceparent() -> str:
    """The beginning of a trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def traceparent_of(work: UUID) -> str:
    """A place in the trace of some work with an id, a job: all its steps belong to one trace, whichever process does
    them, and the trace's id is the work's."""
    return f"00-{work.hex}-{secrets.token_hex(8)}-01"


def continue_trace(received: str | None) -> tuple[str, str | None]:
    """The trace that what is done from now on belongs to, with a span id of its own; and its parent.

    It is the caller's where that sent a valid one. Where it sent none, or nonsense, a trace begins here (no parent).
    """
    valid = None if received is None else FORM.match(received)
    if received is None or valid is None or (received.startswith("00") and len(received) != LENGTH):
        return new_traceparent(), None
    trace_id, span_id, flags = valid.groups()
    return f"00-{trace_id}-{secrets.token_hex(8)}-{flags}", f"00-{trace_id}-{span_id}-{flags}"


def trace_of(events: Sequence[_Traced]) -> tuple[str | None, Mapping[str, str] | None]:
    """The trace of a batch: that of its first event; and where it is of several, each key's."""
    first = events[0].traceparent
    if all(event.traceparent == first for event in events):
        return first, None
    return first, {event.key: event.traceparent for event in events if event.traceparent is not None}


@contextmanager
def in_trace(traceparent: str | None, of_keys: Mapping[str, str] | None = None) -> Iterator[None]:
    """What is announced and logged within belongs to this trace, or to those of the keys."""
    tokens = current_traceparent.set(traceparent), traces_of_keys.set(of_keys)
    try:
        yield
    finally:
        current_traceparent.reset(tokens[0])
        traces_of_keys.reset(tokens[1])


@contextmanager
def span(name: str, kind: SpanKind, parent: str | None, attributes: Attributes) -> Iterator[None]:
    """What is done within is a span below `parent`, where spans are collected; else this costs a comparison."""
    if SpanCollector.collect is None:
        yield
        return
    own, above = continue_trace(parent)
    with _collected(name, kind, own, above, attributes):
        yield


@contextmanager
def work_of_its_own(name: str, traceparent: str | None = None, attributes: Attributes | None = None) -> Iterator[None]:
    """What is done within was asked for by no request: it begins a trace, or goes on with the given one of its own."""
    own = traceparent or new_traceparent()
    with in_trace(own), _collected(name, "internal", own, None, attributes or {}):
        yield


@contextmanager
def _collected(name: str, kind: SpanKind, own: str, above: str | None, attributes: Attributes) -> Iterator[None]:
    collect = SpanCollector.collect
    if collect is None:
        yield
        return
    began_at, failed = time.time_ns(), True
    try:
        yield
        failed = False
    finally:
        collect(Span(name, kind, own, above, began_at, time.time_ns(), failed, attributes))
