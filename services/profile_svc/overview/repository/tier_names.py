"""What tiers are called, asked of tiering over HTTP: names are texts, and no event carries one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from shared.chassis import Service
from shared.messaging.periodic import repeat_until_stopped
from shared.texts import Words

Get = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, query) -> parsed JSON; raises on anything but success. The chassis signs and sends it."""

OWNER = "tiering"
PATH = "/internal/tier-names"
# it is away, or answers something else than agreed
NO_ANSWER = (httpx.HTTPError, OSError, TimeoutError, LookupError, TypeError, ValueError)


class TierNames:
    """Names by tier, in both languages, as tiering said them last. A tier that was never heard of has none; while
    tiering is away the last ones stay."""

    def __init__(self, pause_seconds: float) -> None:
        self.by_tier: Mapping[str, Words] = {}
        self._pause_seconds = pause_seconds

    async def load(self, get: Get) -> None:
        """Ask once; without an answer nothing changes."""
        try:
            answer = await get(OWNER, PATH, {})
            self.by_tier = {str(level["tier"]): dict(level["name"]) for level in answer["items"]}
        except NO_ANSWER:
            return

    async def load_as_time_passes(self, service: Service, stop: asyncio.Event) -> None:
        """The background job: names are those of a little while ago at the most, until `stop` is set."""
        await repeat_until_stopped(
            lambda: self.load(service.clients.get_json),
            stop, pause_seconds=self._pause_seconds, failure="tier_names_failed",
        )  # fmt: skip
