"""Spans reach an OpenTelemetry collector over OTLP, with our own ids; without one nothing of it is loaded."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from shared.chassis.observability.trace_export import is_in_share, missing_packages, spans_exported
from shared.messaging.tracing import Span, SpanCollector, continue_trace, new_traceparent, span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector on this machine: its address, and what it was sent."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", received
    server.shutdown()
    server.server_close()
    thread.join()


def decoded(body: bytes) -> Any:
    from gzip import decompress

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return ExportTraceServiceRequest.FromString(decompress(body) if body[:2] == b"\x1f\x8b" else body)


def test_spans_reach_a_collector_with_their_trace_and_their_parent(collector: tuple[str, list[bytes]]) -> None:
    address, received = collector
    own, parent = continue_trace(PARENT)
    with spans_exported("tiering", address, 1.0):
        with span("handle intake.order_placed.v1", "consumer", PARENT, {"events": 3}):
            pass
        assert SpanCollector.collect is not None
        SpanCollector.collect(Span("GET /v1/pyramid", "server", own, parent, 1, 2, True, {"http.route": "/v1/pyramid"}))
    assert SpanCollector.collect is None
    requests = [decoded(body) for body in received]
    spans = [s for request in requests for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]
    names = {
        attribute.key: attribute.value.string_value for attribute in requests[0].resource_spans[0].resource.attributes
    }
    assert (names["service.name"], names["service.namespace"]) == ("tiering", "patron")
    assert [(s.name, s.trace_id.hex(), s.parent_span_id.hex()) for s in spans] == [
        ("handle intake.order_placed.v1", PARENT[3:35], PARENT[36:52]),
        ("GET /v1/pyramid", PARENT[3:35], PARENT[36:52]),
    ]
    assert spans[1].span_id.hex() == own[36:52]
    assert [s.status.code for s in spans] == [0, 2]


class Kept:
    """A processor that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def on_end(self, finished: Any) -> None:
        self.spans.append(finished)

    def shutdown(self) -> None:
        """Nothing is left to send."""


def test_a_share_of_the_traces_is_exported_whole_and_alike_everywhere() -> None:
    kept = Kept()
    with spans_exported("tiering", "", 0.25, lambda _: kept):
        traces = [new_traceparent() for _ in range(2000)]
        for trace in traces:
            for _ in range(2):
                with span("x", "producer", trace, {}):
                    pass
    ids = [finished.context.trace_id for finished in kept.spans]
    assert sorted({ids.count(id) for id in ids}) == [2]
    assert 0.18 < len(set(ids)) / 2000 < 0.32
    assert set(ids) == {int(trace[3:35], 16) for trace in traces if is_in_share(int(trace[3:35], 16), 0.25)}
    assert (is_in_share(2**128 - 1, 1.0), is_in_share(1, 0.0)) == (True, False)


def test_a_collector_that_is_away_breaks_nothing() -> None:
    with spans_exported("tiering", "http://127.0.0.1:9/v1/traces", 1.0), span("x", "producer", None, {}):
        pass


def test_what_fails_within_a_span_is_said_to_have_failed() -> None:
    kept = Kept()
    with spans_exported("tiering", "", 1.0, lambda _: kept):
        with pytest.raises(ValueError, match="no"), span("x", "consumer", None, {}):
            raise ValueError("no")
        assert kept.spans[0].parent is None
        assert not kept.spans[0].status.is_ok


def test_the_packages_of_the_extra_are_here_and_no_service_loads_them_by_itself() -> None:
    assert missing_packages() == []
    loaded = "import sys, shared.chassis; print([m for m in sys.modules if m.startswith('opentelemetry.sdk')])"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
