"""W3C trace context: taken from the request, kept in a context variable, handed on by the outbox and HTTP clients."""

import re
import secrets

from shared.messaging.database import outbox_writer

traceparent = outbox_writer.current_traceparent  # the outbox writes it beside each event

FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def current_traceparent() -> str | None:
    """The trace that is going on here, if any."""
    return traceparent.get()


def continue_trace(received: str | None) -> str | None:
    """The caller's trace with a span of our own, or None when it sent none (or nonsense)."""
    if received is None or not FORM.fullmatch(received):
        return None
    return f"{received[:36]}{secrets.token_hex(8)}{received[52:]}"
