"""How everything that runs in the background waits: an interruptible sleep, and a pause after a conflict."""

import asyncio
import random
from contextlib import suppress


async def sleep_or_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep for so many seconds, or until `stop` is set. Returns whether it is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


async def sleep_after_conflict(attempt: int) -> None:
    """Exponential backoff with jitter before the same transaction is tried again: 2 ms growing to 130 ms.

    `attempt` counts from 0. The jitter (half to one and a half) keeps two transactions from meeting twice.
    """
    await asyncio.sleep(random.uniform(0.5, 1.5) * 0.002 * min(2**attempt, 64))
