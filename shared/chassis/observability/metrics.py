"""Prometheus metrics of one service: requests by route template, and how the backbone stands."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from shared.chassis.observability.security_log import SECURITY_EVENTS

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

GAUGES = {  # what read_status() says -> name and help
    "outbox_depth": ("patron_outbox_depth", "Events committed and not yet sent to the broker"),
    "outbox_oldest_seconds": ("patron_outbox_oldest_seconds", "Age of the oldest event not yet sent"),
    "age_seconds": ("patron_event_age_seconds", "From commit at the owner to applied here, of the last batch"),
    "parked_count": ("patron_parked_events", "Events parked; their keys wait"),
    "gaps": ("patron_streams_pulling", "Streams that are being pulled from their owner"),
    "holes": ("patron_holes", "Events gone past: dropped by an operator, or gone from their owner's log"),
    "epoch_differences": ("patron_epoch_differences", "Streams that were ahead of a restored owner"),
    "timers_due": ("patron_timers_due", "Timers due and not yet fired"),
    "timers_failed": ("patron_timers_failed", "Timers that failed for good"),
    "applied": ("patron_events_applied", "Events applied since the start"),
    "pulled": ("patron_events_pulled", "Events pulled from their owner since the start"),
    "consumer_rebuilt": ("patron_consumer_rebuilt", "Times the consumer was made anew"),
    "foreign_messages": ("patron_foreign_messages", "Messages on our topics that are sealed and no event"),
    "not_authentic_messages": ("patron_not_authentic_messages", "Messages whose seal did not verify, since the start"),
    "not_authentic_count": ("patron_not_authentic_parked", "Messages parked because their seal did not verify"),
}


class Metrics:
    """One registry a service, so that several can live in one process (as in the tests)."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        info = Gauge("patron_service_info", "Which service this is", ["service"], registry=self.registry)
        info.labels(service).set(1)
        self.requests = Counter(
            "http_requests", "Requests by route template", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "http_request_seconds",
            "Time to the end of the answer",
            ["method", "route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.backbone = {key: Gauge(name, text, registry=self.registry) for key, (name, text) in GAUGES.items()}
        self.lag = Gauge(
            "patron_consumer_lag", "Messages not yet read; -1: not known", ["topic"], registry=self.registry
        )
        self.reads = Gauge(
            "patron_consumer_up", "Whether this service reads from the broker, 0 or 1", registry=self.registry
        )
        self.security_events = Counter(
            "patron_security_events", "Security events by what happened", ["event"], registry=self.registry
        )
        for event in SECURITY_EVENTS:
            self.security_events.labels(event)  # from zero on, so that the first one is an increase
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request that was answered, by route template and status, and how long it took."""
        key = (method, route, status)
        children = self._children.get(key)
        if children is None:
            children = (self.requests.labels(method, route, str(status)), self.seconds.labels(method, route))
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def take_status(self, status: Mapping[str, Any]) -> None:
        """Feed the gauges with what `shared.messaging.status` found."""
        for key, gauge in self.backbone.items():
            gauge.set(status.get(key) or 0)
        lag: Mapping[str, int] = status.get("lag", {})
        for topic, messages in lag.items():
            self.lag.labels(topic).set(messages)
        self.reads.set(all(messages >= 0 for messages in lag.values()))

    def text(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)
