"""How much somebody may ask: by address before it is known who asks, by client once it is (G6). Some microseconds.

A client is a partner, whichever of its keys it shows, or a person: who guesses keys has one bucket, its address's, and
takes nothing from the clients behind the same address but what they all share. A process counts for itself: with
n processes a client may ask n times as much, which protects each of them as well.
"""

import asyncio
import time
from collections import OrderedDict
from functools import lru_cache
from math import ceil

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.access.domain.failed_sign_ins import network_of
from shared.chassis import Actor, Refused, Service
from shared.chassis.access.identity import ACTOR
from shared.chassis.problems import problem_of
from shared.chassis.service import Authenticate

MOST_REMEMBERED = 10_000  # callers; the one not seen for longest is forgotten, which at worst fills its bucket
ALLOWANCE = "patron.allowance"  # where a request's scope keeps what its caller has left
REFUSALS_AT_ONCE, REFUSALS_PER_SECOND = 100, 2.0  # of one address, before each further one is held
HELD_SECONDS = 1.0
MOST_HELD = 200  # of the requests that may run at once: guessers must not take the others' places

caller_at = lru_cache(maxsize=MOST_REMEMBERED)(network_of)


class TokenBucket:
    """The tokens of one caller, as of the instant `at` (monotonic seconds)."""

    __slots__ = ("at", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens = tokens
        self.at = at


class TokenBuckets:
    """Buckets of one size, by caller: `burst` tokens, and `per_second` new ones while there is room."""

    def __init__(self, *, per_second: float, burst: int) -> None:
        self.per_second = per_second
        self.burst = burst
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, caller: str, now: float) -> float:
        """Requests left to the caller after this one; negative when it is one too many (which is then not counted)."""
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = TokenBucket(float(self.burst), now)
            if len(self._buckets) > MOST_REMEMBERED:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
            bucket.tokens = min(float(self.burst), bucket.tokens + (now - bucket.at) * self.per_second)
            bucket.at = now
        left = bucket.tokens - 1.0
        if left >= 0:
            bucket.tokens = left
        return left

    def __len__(self) -> int:
        return len(self._buckets)


class Allowance:
    """What the caller of one request has left: of its address's bucket, or, once it is known, of its own."""

    __slots__ = ("buckets", "left")

    def __init__(self, buckets: TokenBuckets, left: float) -> None:
        self.buckets = buckets
        self.left = left

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The `RateLimit-…` headers of the answer."""
        buckets, left = self.buckets, self.left
        return [
            (b"ratelimit-limit", str(buckets.burst).encode()),
            (b"ratelimit-remaining", str(max(0, int(left))).encode()),
            (b"ratelimit-reset", str(ceil((buckets.burst - left) / buckets.per_second)).encode()),
        ]

    def check(self) -> None:
        """Refused 429 `too_many_requests` when there is nothing left."""
        if self.left < 0:
            wait = str(max(1, ceil(-self.left / self.buckets.per_second)))
            raise Refused(429, "too_many_requests", "Slow down.", headers={"Retry-After": wait})


class RefusalDelay:
    """How quickly an address is refused: at once for a while, then a second later each time. So who guesses on many
    connections spends its time waiting, and not the service's."""

    def __init__(self) -> None:
        self._refusals = TokenBuckets(per_second=REFUSALS_PER_SECOND, burst=REFUSALS_AT_ONCE)
        self._held = 0

    async def hold(self, scope: Scope) -> None:
        """Count a refusal of the request's address, and wait when there were too many."""
        if self._refusals.take(_caller_of(scope), time.monotonic()) >= 0 or self._held >= MOST_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(HELD_SECONDS)
        finally:
            self._held -= 1


def _caller_of(scope: Scope) -> str:
    client = scope.get("client")
    return caller_at(client[0]) if client else ""


class RateLimitMiddleware:
    """ASGI middleware: counts each request for its address, and says in the answer how many are left to the caller."""

    def __init__(self, app: ASGIApp, *, addresses: TokenBuckets, delay: RefusalDelay) -> None:
        self.app = app
        self.addresses = addresses
        self.delay = delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        left = self.addresses.take(_caller_of(scope), time.monotonic())
        allowance = scope[ALLOWANCE] = Allowance(self.addresses, left)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *allowance.headers()]
            await send(message)

        try:
            allowance.check()
        except Refused as refused:
            await self.delay.hold(scope)
            await problem_of(refused)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def counting_clients(authenticate: Authenticate, clients: TokenBuckets, delay: RefusalDelay) -> Authenticate:
    """The way in: counts each request for the client that it turned out to be from, and delays refusals."""

    async def authenticate_and_count(request: Request, service: Service) -> Actor:
        try:
            actor = await authenticate(request, service)
        except Refused:
            await delay.hold(request.scope)
            raise
        request.scope[ACTOR] = actor  # also of who asks too much it is known who it is
        left = clients.take(actor.client, time.monotonic())
        allowance: Allowance | None = request.scope.get(ALLOWANCE)
        if allowance is None:
            allowance = Allowance(clients, left)
        else:
            allowance.buckets, allowance.left = clients, left
        allowance.check()
        return actor

    return authenticate_and_count
