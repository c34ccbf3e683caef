"""Composed answers: several parts asked of several services at once, each within its time, and which are missing.

The whole takes at most a part's time and a little: a service that hangs costs its own part, never the page. After
three failures in a row it is not asked for five seconds, so that the next pages do not wait for it at all.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from services.gateway.forwarding.domain.circuit_breaker import CircuitBreaker
from services.gateway.forwarding.handlers.calls import (
    ServiceAnswer,
    ServiceCall,
    forward,
    service_timeout,
    service_unavailable,
)
from shared.chassis import Actor, Refused, Service

REST_SECONDS = 0.3  # what rounds after the first get in all, when the first took its whole time


@dataclass(frozen=True, slots=True)
class PartRequest:
    """What one part of a composed answer asks of which service."""

    service: str
    path: str  # below the root: /v1/…
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class ComposedAnswer:
    """Answers by part, and the services of which a part is missing. A refusal (4xx) is an answer."""

    answers: dict[str, ServiceAnswer] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


class TimeBudget:
    """The time that a composed answer has left, however many rounds of questions it takes."""

    def __init__(self, part_seconds: float) -> None:
        self.part_seconds = part_seconds
        self._ends_at = time.monotonic() + part_seconds + REST_SECONDS

    def for_a_part(self) -> float:
        """Seconds that a part asked now may take."""
        return max(0.0, min(self.part_seconds, self._ends_at - time.monotonic()))


class Composer:
    """Asks for parts, with a circuit breaker for each service. One a process."""

    def __init__(self, service: Service, part_seconds: float) -> None:
        self.service = service
        self.part_seconds = part_seconds
        self._breakers: dict[str, CircuitBreaker] = {}

    def budget(self) -> TimeBudget:
        """The time of one composed answer, from now on."""
        return TimeBudget(self.part_seconds)

    async def load(
        self, actor: Actor, parts: Mapping[str, PartRequest], budget: TimeBudget | None = None
    ) -> ComposedAnswer:
        """Ask for all parts at once, on behalf of the actor. `budget` is shared by the rounds of one answer."""
        seconds = (budget or self.budget()).for_a_part()
        names = {part.service for part in parts.values()}
        asked_services = {name for name in names if seconds > 0 and self._breaker(name).allows(time.monotonic())}
        try:
            results = await asyncio.gather(
                *[self._ask(actor, part, seconds) for part in parts.values() if part.service in asked_services]
            )
        except BaseException:
            for name in asked_services:
                self._breaker(name).abandon()
            raise
        answered = dict(
            zip((key for key, part in parts.items() if part.service in asked_services), results, strict=True)
        )
        self._record(parts, answered)
        composed = ComposedAnswer()
        for key, part in parts.items():
            answer = answered.get(key)
            if answer is not None and answer.status < 500:
                composed.answers[key] = answer
            elif part.service not in composed.missing:
                composed.missing.append(part.service)
        return composed

    async def read(self, actor: Actor, name: str, call: ServiceCall) -> ServiceAnswer:
        """An answer that is one part alone: in a part's time, and behind the same circuit breaker.

        Raises Refused 504 `service_timeout` when it is not there in time, and 503 `service_unavailable` when the
        service is out of reach, or has failed so often that it is left alone for some seconds.
        """
        breaker = self._breaker(name)
        if not breaker.allows(time.monotonic()):
            raise service_unavailable(name)
        try:
            async with asyncio.timeout(self.part_seconds):  # of all of it: httpx counts each read anew
                answer = await forward(self.service, name, call, actor, seconds=self.part_seconds)
        except (Refused, TimeoutError) as failure:
            breaker.record_failure(time.monotonic())
            raise failure if isinstance(failure, Refused) else service_timeout(name) from None
        except BaseException:
            breaker.abandon()
            raise
        breaker.record_success()
        return answer

    def _breaker(self, name: str) -> CircuitBreaker:
        return self._breakers.setdefault(name, CircuitBreaker())

    def _record(self, parts: Mapping[str, PartRequest], answered: Mapping[str, ServiceAnswer | None]) -> None:
        """A service that gave any answer is there; one that gave none failed once, for however many parts."""
        there = {parts[key].service for key, answer in answered.items() if answer is not None}
        for name in {parts[key].service for key in answered}:
            if name in there:
                self._breaker(name).record_success()
            else:
                self._breaker(name).record_failure(time.monotonic())

    async def _ask(self, actor: Actor, part: PartRequest, seconds: float) -> ServiceAnswer | None:
        """The answer, or None when the service is out of reach or too slow."""
        call = ServiceCall("GET", part.path, urlencode(part.query, doseq=True).encode())
        try:
            async with asyncio.timeout(seconds):  # of all of it: httpx counts each read anew
                return await forward(self.service, part.service, call, actor, seconds=seconds)
        except (Refused, TimeoutError):
            return None
