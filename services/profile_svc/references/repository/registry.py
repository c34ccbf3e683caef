"""The gateway's registry, asked over HTTP: the one place that keeps outside references (they may be phone numbers)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
import structlog

from services.profile_svc.references.domain import RegisteredReference

log = structlog.get_logger(__name__)

Get = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, query) -> parsed JSON; raises on anything but success. The chassis signs and sends it."""

OWNER = "gateway"
PATH = "/internal/references"
MAX_MATCHES = 20
FAILURES_TO_OPEN = 3
OPEN_SECONDS = 5.0

# it is away, too slow, not where PATRON_SERVICES says, or answers something else than agreed
NO_ANSWER = (httpx.HTTPError, OSError, TimeoutError, LookupError, TypeError, ValueError)


class ReferenceRegistry:
    """Asks within a time budget, and answers None when the registry does not: what is shown goes without references.

    A circuit breaker: after three failures in a row nobody is asked for five seconds, so that a gateway that hangs
    slows a few requests and not all of them; then the next answer, or failure, decides how it goes on.
    """

    def __init__(self, get: Get, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._get = get
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    async def search(self, text: str) -> list[RegisteredReference] | None:
        """References that are `text` or begin so, at most 20."""
        return await self._ask({"q": text, "limit": MAX_MATCHES})

    async def list_of_customers(self, customer_ids: Sequence[UUID]) -> list[RegisteredReference] | None:
        """All references of these customers."""
        if not customer_ids:
            return []
        return await self._ask({"customer_id": [str(id) for id in customer_ids]})

    async def _ask(self, query: Mapping[str, Any]) -> list[RegisteredReference] | None:
        if self._clock() < self._open_until:
            return None
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._get(OWNER, PATH, query)
            entries = [RegisteredReference(UUID(i["customer_id"]), i["source"], i["ref"]) for i in answer["items"]]
        except NO_ANSWER as error:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._open_until = self._clock() + OPEN_SECONDS
            log.warning("reference_registry_did_not_answer", error=type(error).__name__, failures=self._failures)
            return None
        self._failures = 0
        return entries
