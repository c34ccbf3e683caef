"""A storm: bursts of SIGKILL at any of the system's processes while callers work; its watch alone brings them back."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx

from deploy.embedded.system import System
from tests.reliability.books import Books
from tests.reliability.load import Load

AMOUNTS = (20, 60, 110, 150, 260, 330, 480, 740, 990)
STEPS = ("filed", "acknowledgement", "judgement", "proposals", "acceptance", "resolution")


class Callers(Load):
    """Callers that do something of everything, and write down what they were answered."""

    def __init__(self, gateway_url: str, name: str, books: Books, *, customers: int, seed: int) -> None:
        super().__init__(gateway_url, name, customers=customers, seed=seed)
        self.books = books
        self.numbers = count(1)
        self.resting = asyncio.Event()  # set: no caller begins anything new

    async def work(self, lanes: int) -> None:
        """Until `resting` is set, in so many lanes; then what was begun is finished."""
        await asyncio.gather(*(self._lane() for _ in range(lanes)))

    async def _lane(self) -> None:
        while not self.resting.is_set():
            await self._one_customer_calls(next(self.numbers))

    async def _one_customer_calls(self, number: int) -> None:
        ref = f"{self.name}-{self.random.randrange(self.customers)}"
        body = self._an_order(f"{self.name}-{number}", ref)
        answer = await self.post("/v1/orders", body)
        self.books.ordered(body, answer)
        self.orders[body["order_id"]] = answer
        async with self._more:
            self._more.notify_all()
        customer = answer["customer_id"]
        if number % 4 == 0:
            await self._take_back(customer, body, answer["id"])
        if number % 5 == 0:
            await self._owe_and_pay(customer, ref, number)
        if number % 6 == 0:
            await self._complain_through(customer, number)

    def _an_order(self, order_id: str, ref: str) -> dict[str, Any]:
        """Of any instant of the last 400 days, so that most come late and windows of 12 months differ."""
        at = datetime.now(UTC) - timedelta(seconds=self.random.randrange(60, 400 * 86_400))
        lines = [
            {
                "line": line, "sku": f"sku-{line}", "category": "tea", "quantity": self.random.choice((1, 2)),
                "amount": f"{self.random.choice(AMOUNTS)}.00",
            }
            for line in (1, 2)
        ]  # fmt: skip
        return {
            "order_id": order_id, "customer": {"source": "patron", "ref": ref}, "placed_at": at.isoformat(),
            "currency": "USD", "channel": "store", "lines": lines,
        }  # fmt: skip

    async def _take_back(self, customer: str, order: dict[str, Any], id: str) -> None:
        lines = [{"line": 1, "quantity": order["lines"][0]["quantity"]}]
        if self.random.random() < 0.5:
            lines.append({"line": 2, "quantity": order["lines"][1]["quantity"]})
        body = {"return_id": f"{order['order_id']}-r", "returned_at": datetime.now(UTC).isoformat(), "lines": lines}
        await self.post(f"/v1/orders/{id}/returns", body)
        self.books.returned(customer, order["order_id"], body)

    async def _owe_and_pay(self, customer: str, ref: str, number: int) -> None:
        today = datetime.now(UTC).date()
        amount = Decimal(self.random.choice(AMOUNTS))
        body = {
            "receivable_id": f"{self.name}-{number}", "customer": {"source": "patron", "ref": ref},
            "amount": str(amount), "issued_on": str(today - timedelta(days=60)),
            "due_on": str(today + timedelta(days=self.random.choice((-20, 20)))),
        }  # fmt: skip
        receivable = await self.post("/v1/receivables", body)
        self.books.owes(customer, receivable["id"], amount)
        if number % 2:
            part = {
                "payment_id": f"{self.name}-{number}", "receivable": receivable["id"], "amount": str(amount / 2),
                "paid_at": datetime.now(UTC).isoformat(),
            }  # fmt: skip
            await self.post("/v1/payments", part)
            self.books.paid(customer, receivable["id"], amount / 2)

    async def _complain_through(self, customer: str, number: int) -> None:
        """A case that goes some of its four steps; each of them is told until it is answered."""
        key = f"{self.name}-{number}"
        body = {
            "customer": {"id": customer}, "channel": "call", "category": "delivery", "what_happened": "It came late.",
            "severity": self.random.choice(("low", "high")),
        }  # fmt: skip
        case = await self.post("/v1/complaints", body, key=f"{key}-filed")
        self.books.took_step(customer, case["id"], "filed")
        bodies = {
            "acknowledgement": {}, "judgement": {"valid": True, "reason": "It was late."},
            "proposals": {"points": 10, "text": "Ten points."}, "acceptance": {"accepted": True}, "resolution": {},
        }  # fmt: skip
        for step in STEPS[1 : self.random.randrange(1, len(STEPS) + 1)]:
            await self.post(f"/v1/complaints/{case['id']}/{step}", bodies[step], key=f"{key}-{step}")
            self.books.took_step(customer, case["id"], step)


@dataclass
class Outage:
    """How long the gateway did not answer /livez, at the longest, in seconds."""

    longest: float = 0.0
    _since: float | None = field(default=None, repr=False)

    def saw(self, answered: bool) -> None:
        now = time.monotonic()
        if answered:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        self.longest = max(self.longest, now - self._since)


async def watch_the_gateway(url: str, outage: Outage, stop: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=2, trust_env=False) as http:
        while not stop.is_set():
            try:
                outage.saw((await http.get("/livez")).status_code == 200)
            except httpx.HTTPError:
                outage.saw(answered=False)
            await asyncio.sleep(0.1)


async def storm(system: System, callers: Callers, kills: int, rng: random.Random) -> list[str]:
    """Kill so many processes in bursts of one to all, wherever they are; returns who was killed, in order.

    Between bursts callers are answered again, so that there is always something to lose.
    """
    killed: list[str] = []
    while len(killed) < kills:
        burst = rng.sample(sorted(system.parts), rng.choice((1, 1, 2, 2, 3, 5, len(system.parts))))
        for name in burst:
            part = system.parts[name]
            if part.running:
                await asyncio.to_thread(part.kill)
                killed.append(name)
            await asyncio.sleep(rng.uniform(0, 0.3))
        await some_are_answered(callers, rng.randrange(3, 25))
    return killed


async def some_are_answered(callers: Callers, orders: int) -> None:
    await callers.accepted(len(callers.orders) + orders)


def differences(expected: object, shown: object, what: str) -> Sequence[str]:
    return [] if expected == shown else [f"{what}: {shown!r}, and it should be {expected!r}"]
