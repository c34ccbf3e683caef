"""Work that is done again and again in the background, with a pause in between, until the service stops."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.messaging.backoff import sleep_or_stop
from shared.messaging.database.failures import is_transient
from shared.messaging.tracing import in_trace, new_traceparent

log = structlog.get_logger(__name__)


async def repeat_until_stopped(
    work: Callable[[], Awaitable[None]], stop: asyncio.Event, *, pause_seconds: float, failure: str
) -> None:
    """Do the work at once, and again after each pause. What fails it is tried again with the next round; what is not
    transient is logged as the event `failure`, with its place. Each round is a trace of its own."""
    while not stop.is_set():
        try:
            with in_trace(new_traceparent()):
                await work()
        except Exception as error:
            if not is_transient(error):
                log.exception(failure)
        await sleep_or_stop(stop, pause_seconds)
