"""Streams that are to be pulled from their owners, in the background and a few at a time."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import structlog

from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.received import StreamKey

log = structlog.get_logger(__name__)

CONCURRENT_PULLS = 8


class PullQueue:
    """Pulls each stream once at a time. If a pull fails, reconciliation comes back to it (`Inbox.failed_pulls`)."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.streams: set[StreamKey] = set()  # in work, and those that wait: after a restore there are many
        self._waiting: deque[StreamKey] = deque()
        self._workers: set[asyncio.Task[None]] = set()

    def add(self, stream: StreamKey) -> None:
        """Pull this stream soon, unless it is being pulled or waits for it already."""
        if stream in self.streams:
            return
        self.streams.add(stream)
        self._waiting.append(stream)
        if len(self._workers) < CONCURRENT_PULLS:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def until_empty(self) -> None:
        """Return when nothing is pulled nor waits for it."""
        while self._workers:
            await asyncio.wait(set(self._workers))

    async def stop(self, *, grace_seconds: float) -> None:
        """Forget what waits; let what was begun finish for so long, then cancel it."""
        self.streams.difference_update(self._waiting)  # who runs again finds them lagging, and not begun
        self._waiting.clear()
        await finish_or_cancel(list(self._workers), grace_seconds=grace_seconds)

    async def _work(self) -> None:
        while self._waiting:
            stream = self._waiting.popleft()
            try:
                await self._pull(*stream)
            finally:
                self.streams.discard(stream)

    async def _pull(self, topic: str, key: str) -> None:
        try:
            applied = await self.inbox.pull(topic, key)
            if applied:
                log.info("pulled", topic=topic, key=key, applied=applied)
        except Exception as error:
            self.inbox.failed_pulls.add((topic, key))
            log.warning("pull_later", topic=topic, key=key, error=type(error).__name__)


async def finish_or_cancel(tasks: "Sequence[asyncio.Task[Any]]", *, grace_seconds: float) -> None:
    """Let tasks finish for a while, then cancel what still runs, also when the waiting itself is cut short."""
    try:
        if tasks and grace_seconds:
            await asyncio.wait(tasks, timeout=grace_seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
