"""Traffic through the gateway that never gives up: every request is sent until it is answered, and answers are kept.

A lost reply is a lost reply to a real caller too: the same order, return or hold is sent again under the same id or
key, and the answer must be the one the first would have been.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Set
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

DEADLINE_SECONDS = 90.0
TRY_AGAIN = frozenset({502, 503, 504})


class GaveUp(AssertionError):
    """The system did not come back within the deadline."""


class Load:
    """A bounded stream of orders with returns, holds and complaints among them, over a few lanes."""

    def __init__(self, gateway_url: str, name: str, *, customers: int = 20, seed: int = 1) -> None:
        self.gateway_url = gateway_url
        self.name = name
        self.customers = customers
        self.random = random.Random(seed)
        self.orders: dict[str, dict[str, Any]] = {}  # accepted: our id -> the answer
        self.resent = 0
        self._more = asyncio.Condition()
        self.refused: list[tuple[str, int, str]] = []
        self.http = httpx.AsyncClient(base_url=gateway_url, timeout=5, trust_env=False)

    async def sign_in(self) -> None:
        answer = await self.until_answered(lambda: self.http.post("/dev/token", json={"role": "admin"}))
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def close(self) -> None:
        await self.http.aclose()

    async def send(self, orders: int, *, lanes: int = 4) -> None:
        """Send this many orders and what goes with them; returns when all are answered."""
        numbers = iter(range(len(self.orders), len(self.orders) + orders))

        async def lane() -> None:
            for number in numbers:
                await self.one_order(number)

        await asyncio.gather(*(lane() for _ in range(lanes)))

    async def accepted(self, orders: int) -> None:
        """Wait until so many were accepted."""
        async with self._more:
            await asyncio.wait_for(self._more.wait_for(lambda: len(self.orders) >= orders), DEADLINE_SECONDS)

    async def one_order(self, number: int) -> None:
        customer = self.random.randrange(self.customers)
        order_id = f"{self.name}-{number}"
        # the body is made once: sent again, it must be the same to the letter
        body = order_body(order_id, f"{self.name}-{customer}", number)
        answer = await self.post("/v1/orders", body)
        self.orders[order_id] = answer
        async with self._more:
            self._more.notify_all()
        if number % 7 == 0:
            now = datetime.now(UTC).isoformat()
            body = {"return_id": f"{order_id}-r", "returned_at": now, "lines": [{"line": 1, "quantity": 1}]}
            await self.post(f"/v1/orders/{answer['id']}/returns", body)
        if number % 9 == 0:
            await self.complain(answer["customer_id"], order_id)

    async def complain(self, customer_id: str, key: str) -> None:
        """At once, though the customer's first order was accepted a moment ago: nobody says that there is no such
        customer."""
        body = {
            "customer": {"id": customer_id},
            "channel": "web",
            "category": "delivery",
            "what_happened": "It came late.",
            "filed_at": (datetime.now(UTC) - timedelta(days=40)).isoformat(),
        }
        await self.post("/v1/complaints", body, key=f"{key}-c")

    async def hold_briefly(self, customer_id: str, key: str) -> None:
        """A hold that runs out in a moment: a timer of loyalty's. Each try is a hold of its own, with its own end."""
        path = f"/v1/customers/{customer_id}/points/holds"
        tries = itertools.count()

        async def ask() -> httpx.Response:
            body = {"points": 1, "expires_at": (datetime.now(UTC) + timedelta(seconds=2)).isoformat()}
            return await self.http.post(path, json=body, headers={"Idempotency-Key": f"{key}-h{next(tries)}"})

        answer = await self.until_answered(ask, not_yet={409, 422})
        assert answer.status_code == 201, answer.text

    async def override_briefly(self, customer_id: str, key: str) -> None:
        """An override that ends in a moment: a timer of tiering's. Each try is one of its own, with its own end."""
        path = f"/v1/customers/{customer_id}/tier/overrides"
        tries = itertools.count()

        async def ask() -> httpx.Response:
            until = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
            body = {"tier": "platinum", "reason": "A promise for a moment.", "until": until}
            return await self.http.post(path, json=body, headers={"Idempotency-Key": f"{key}-o{next(tries)}"})

        answer = await self.until_answered(ask, not_yet={409, 422})
        assert answer.status_code == 201, answer.text

    async def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.until_answered(lambda: self.http.post(path, json=body, headers=headers))
        if answer.is_error:
            self.refused.append((path, answer.status_code, answer.text[:300]))
            raise AssertionError(f"{path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()

    async def until_answered(
        self, ask: Callable[[], Awaitable[httpx.Response]], not_yet: Set[int] = frozenset()
    ) -> httpx.Response:
        """Ask again while nobody answers, or a service is away, or `not_yet` (a fact still on its way)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DEADLINE_SECONDS
        while True:
            last_answer = "nothing"
            try:
                answer = await ask()
                if answer.status_code not in TRY_AGAIN | not_yet:
                    return answer
                last_answer = f"{answer.status_code} {answer.text[:200]}"
            except httpx.HTTPError as error:
                last_answer = type(error).__name__
            if loop.time() > deadline:
                raise GaveUp(f"no answer within {DEADLINE_SECONDS:.0f} s; the last was: {last_answer}")
            self.resent += 1
            await asyncio.sleep(0.1)


def order_body(order_id: str, ref: str, number: int) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer": {"source": "patron", "ref": ref},
        "placed_at": (datetime.now(UTC) - timedelta(days=300 if number % 11 == 0 else 0, minutes=5)).isoformat(),
        "currency": "USD",
        "channel": "store",
        "lines": [
            {"line": 1, "sku": "a", "category": "tools", "quantity": 2, "amount": f"{100 + number % 900}.50"},
            {"line": 2, "sku": "b", "category": "parts", "quantity": 1, "amount": "9.99", "unit_cost": "4.00"},
        ],
    }
