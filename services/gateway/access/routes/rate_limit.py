"""A token bucket for each client (a key, a token, or an address), in memory: some microseconds a request (G6).

A process counts for itself: with n processes a client may ask n times as much, which protects each of them as well.
"""

import time
from collections import OrderedDict
from math import ceil

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.chassis.problems import problem

MOST_REMEMBERED = 10_000  # clients; the one not seen for longest is forgotten, which at worst fills its bucket


class TokenBucket:
    """The tokens of one client, as of the instant `at` (monotonic seconds)."""

    __slots__ = ("at", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens = tokens
        self.at = at


class RateLimitMiddleware:
    """ASGI middleware: says in each answer how many requests are left, and answers 429 when none is."""

    def __init__(self, app: ASGIApp, *, per_second: float, burst: int) -> None:
        self.app = app
        self.per_second = per_second
        self.burst = burst
        self._limit = str(burst).encode()
        self._buckets: OrderedDict[bytes | str, TokenBucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        left = self._take(client_of(scope), time.monotonic())
        headers = (
            (b"ratelimit-limit", self._limit),
            (b"ratelimit-remaining", str(max(0, int(left))).encode()),
            (b"ratelimit-reset", str(ceil((self.burst - left) / self.per_second)).encode()),
        )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if left < 0:
            wait = str(max(1, ceil(-left / self.per_second)))
            refusal = problem(429, "too_many_requests", "Slow down.", headers={"Retry-After": wait})
            await refusal(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _take(self, client: bytes | str, now: float) -> float:
        """Requests left to the client after this one; negative when it is one too many (which is then not counted)."""
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = TokenBucket(float(self.burst), now)
            if len(self._buckets) > MOST_REMEMBERED:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(client)
            bucket.tokens = min(float(self.burst), bucket.tokens + (now - bucket.at) * self.per_second)
            bucket.at = now
        left = bucket.tokens - 1.0
        if left >= 0:
            bucket.tokens = left
        return left


def client_of(scope: Scope) -> bytes | str:
    """The credential that is presented, or the address of who presents none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
    address = scope.get("client")
    return address[0] if address else ""
