"""Spans handed to an OpenTelemetry collector (OTLP over HTTP), where a deployment names one: PATRON_TRACES_TO.

Which packages that takes is the extra `otel`: nothing else needs them, and without the setting they are not imported.
Spans are made by `shared.messaging.tracing` with ids of ours, and only when they are over; the SDK batches and sends
them in a thread of its own. A collector that is away loses spans and slows nobody.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol

from shared.messaging.tracing import Span, SpanCollector

PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
TRACE_IDS = 1 << 64  # of the half of a trace's id that a share is taken by


class SpanProcessor(Protocol):
    """What takes finished spans: the SDK's batching processor, or a test's."""

    def on_end(self, span: Any) -> None: ...
    def shutdown(self) -> None: ...


def missing_packages() -> list[str]:
    """Packages of the extra that are not installed."""
    return [name for name in PACKAGES if not _is_there(name)]


@contextmanager
def spans_exported(
    service: str, address: str, share: float, processor_to: Callable[[str], SpanProcessor] | None = None
) -> Iterator[None]:
    """While within, spans of this process go to the collector at `address`, of that share of all traces (0 to 1); at
    the end what is left is sent."""
    processor = (processor_to or _processor_to)(address)
    collect = _collecting(service, share, processor)
    SpanCollector.collect = collect
    try:
        yield
    finally:
        if SpanCollector.collect is collect:
            SpanCollector.collect = None
        processor.shutdown()


def is_in_share(trace_id: int, share: float) -> bool:
    """Whether a trace is among those that are exported: every service decides alike, by the trace's id."""
    return trace_id % TRACE_IDS < share * TRACE_IDS


def _collecting(service: str, share: float, processor: SpanProcessor) -> Callable[[Span], None]:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    kinds = {
        "server": SpanKind.SERVER,
        "consumer": SpanKind.CONSUMER,
        "producer": SpanKind.PRODUCER,
        "internal": SpanKind.INTERNAL,
    }
    resource = Resource.create({"service.namespace": "patron", "service.name": service})
    sampled = TraceFlags(TraceFlags.SAMPLED)

    def context(traceparent: str, *, is_remote: bool) -> SpanContext:
        return SpanContext(int(traceparent[3:35], 16), int(traceparent[36:52], 16), is_remote, sampled)

    def collect(span: Span) -> None:
        own = context(span.traceparent, is_remote=False)
        if not is_in_share(own.trace_id, share):
            return
        processor.on_end(
            ReadableSpan(
                name=span.name,
                context=own,
                parent=None if span.parent is None else context(span.parent, is_remote=True),
                resource=resource,
                attributes=dict(span.attributes),
                kind=kinds[span.kind],
                status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
                start_time=span.began_at,
                end_time=span.ended_at,
            )
        )

    return collect


def _processor_to(address: str) -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter(endpoint=address, timeout=5))


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a package above it
        return False
