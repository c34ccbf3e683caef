"""The trace of the request that is answered here: taken from it, or begun where it brought none, and handed on."""

from shared.messaging.tracing import continue_trace
from shared.messaging.tracing import current_traceparent as traceparent

__all__ = ["continue_trace", "current_traceparent", "traceparent"]


def current_traceparent() -> str | None:
    """The trace that is going on here, if any."""
    return traceparent.get()
