"""The loop of all work that goes step by step in the background: reviews, back-tests, values, risks, warnings.

Several replicas may run it: a step is a transaction of its own and belongs to who has locked what it works on. Who asks
for work wakes the loop of its own process (`tx.wake`); the others look now and then.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog

from shared.messaging import Database

log = structlog.get_logger(__name__)

REVIEWS, SIMULATIONS, BACK_TESTS = "reviews", "simulations", "back_tests"
LIFETIME_VALUES, RISKS, WARNINGS = "lifetime_values", "risks", "warnings"

SHORTEST_PAUSE_SECONDS = 0.02  # just after a step: somebody waits for the run
LONGEST_PAUSE_SECONDS = 2.0


class Parts(Protocol):
    """What background work needs of the running service."""

    database: Database

    @property
    def clients(self) -> Any: ...

    @property
    def settings(self) -> Any: ...


async def work(name: str, step: Callable[[], Awaitable[bool]], service: Parts, stop: asyncio.Event) -> None:
    """Step by step while there is something to do; then a look now and then, less often the longer nothing is.

    A step that broke is logged and tried again at the next look.
    """
    woken = service.database.wakeup(name)
    pause = LONGEST_PAUSE_SECONDS
    while not stop.is_set():
        woken.clear()
        pause = min(1.2 * pause, LONGEST_PAUSE_SECONDS)
        try:
            while await step() and not stop.is_set():
                pause = SHORTEST_PAUSE_SECONDS
        except Exception as error:
            log.warning("background_step_failed", work=name, error=type(error).__name__)
        if await _rings(woken, stop, pause):
            pause = SHORTEST_PAUSE_SECONDS


async def _rings(woken: asyncio.Event, stop: asyncio.Event, seconds: float) -> bool:
    """Wait until woken, told to stop, or for so long. Whether it was woken."""
    waiting = [asyncio.create_task(event.wait()) for event in (woken, stop)]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return woken.is_set()
