"""How everything that runs in the background waits: a while, but not beyond being told to stop."""

import asyncio
from contextlib import suppress


async def pause_or_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Wait a while, shorter when told to stop. True when it is time to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
