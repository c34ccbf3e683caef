"""Whatever callers do at once, and whatever the broker does to it: the services agree with each other to the point.

What is left of each order, the tier that was in force when it was placed (as the gateway tells it), and what was spent
give the points; nothing else does. The same is asked of the overview's sums and of the tier itself.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from shared.messaging.broker.interface import Message
from tests.journeys.caller import Caller, an_order, instant, new_code, now
from tests.system import System

MULTIPLIERS = {"basic": Decimal(1), "silver": Decimal("1.2"), "gold": Decimal("1.5"), "platinum": Decimal(2)}
BANDS = (("basic", 0), ("silver", 800), ("gold", 2400), ("platinum", 4800))
CUSTOMERS, WAVES, AT_ONCE = 3, 8, 6


@dataclass
class Line:
    amount: Decimal
    quantity: int
    taken: int = 0

    @property
    def left(self) -> Decimal:
        """What was not taken back: half-even shares of the line, so that all parts together are the line."""
        if self.taken == self.quantity:
            return Decimal(0)
        return self.amount - (self.amount * self.taken / self.quantity).quantize(Decimal("0.01"))


@dataclass
class Order:
    placed_at: datetime
    lines: list[Line]
    answer: dict[str, Any] = field(default_factory=dict)
    busy: bool = False

    @property
    def left(self) -> Decimal:
        return sum((line.left for line in self.lines), Decimal(0))

    def points(self, multiplier: Decimal) -> int:
        return sum(round(line.left * multiplier) for line in self.lines)


@dataclass
class Customer:
    ref: str
    orders: list[Order] = field(default_factory=list)
    spent: int = 0
    id: str = ""


class Somebody:
    """Does one thing after another at random, and keeps books of what was accepted."""

    def __init__(self, caller: Caller, seed: int) -> None:
        self.caller = caller
        self.chance = Random(seed)
        self.customers = [Customer(new_code("X")) for _ in range(CUSTOMERS)]

    async def do_something(self) -> None:
        customer = self.chance.choice(self.customers)
        what = self.chance.choice((self.order, self.order, self.give_back, self.give_back, self.cancel, self.spend))
        await what(customer)

    async def order(self, customer: Customer) -> None:
        """Some of them are told long after they were placed, and not in the order of time."""
        chance = self.chance
        placed_at = datetime.now(UTC) - timedelta(days=chance.uniform(0.01, 300))
        amounts = [Decimal(chance.randint(1, 150_000)) / 100 for _ in range(chance.randint(1, 3))]
        order = Order(placed_at, [Line(amount, chance.randint(1, 4)) for amount in amounts])
        lines = [
            {"line": n, "sku": "s", "category": "tea", "quantity": line.quantity, "amount": f"{line.amount:.2f}"}
            for n, line in enumerate(order.lines, 1)
        ]
        body = an_order(customer.ref, lines, at=placed_at.isoformat())
        order.answer = await self.caller.post("/v1/orders", body, status=202)
        customer.id = order.answer["customer_id"]
        customer.orders.append(order)

    async def give_back(self, customer: Customer) -> None:
        with self.some_order_of(customer) as order:
            whole = [] if order is None else list(enumerate(order.lines, 1))
            pieces = [(number, line) for number, line in whole if line.taken < line.quantity]
            if order is None or not pieces:
                return
            number, line = self.chance.choice(pieces)
            quantity = self.chance.randint(1, line.quantity - line.taken)
            await self.caller.take_back(order.answer, (number, quantity))
            line.taken += quantity

    async def cancel(self, customer: Customer) -> None:
        with self.some_order_of(customer) as order:
            if order is None or order.left == 0 or self.chance.random() < 0.5:
                return
            await self.caller.post(f"/v1/orders/{order.answer['id']}/cancellation", {"cancelled_at": now()})
            for line in order.lines:
                line.taken = line.quantity

    async def spend(self, customer: Customer) -> None:
        points = self.chance.randint(1, 2000)
        path = f"/v1/customers/{customer.id}/points/redemptions"
        answer = await self.caller.send("POST", path, json={"points": points}) if customer.id else None
        if answer is not None and answer.status_code == 201:
            customer.spent += points
        elif answer is not None:
            assert answer.status_code in (404, 409), answer.text  # not heard of yet, or not enough

    @contextmanager
    def some_order_of(self, customer: Customer) -> Iterator[Order | None]:
        """One that nobody else is at: what two may not do to one order is tested elsewhere."""
        free = [order for order in customer.orders if not order.busy]
        order = self.chance.choice(free) if free else None
        if order is None:
            yield None
            return
        order.busy = True
        yield order
        order.busy = False


def mangle(chance: Random, messages: Sequence[Message]) -> Sequence[Message]:
    """A third is lost, a third comes twice, and all of it in another order."""
    kept = [message._replace() for message in messages for _ in range(chance.randint(0, 2))]
    chance.shuffle(kept)
    return kept


@pytest.mark.parametrize(("seed", "mangled"), [(1, False), (2, False), (3, True)])
async def test_L2_T10_G3_services_agree_about_any_mixture(
    admin: Caller, system: System, seed: int, mangled: bool
) -> None:
    somebody, chance = Somebody(admin, seed), Random(seed)
    if mangled:
        system.broker.mangle = lambda messages: mangle(chance, messages)
    try:
        for _ in range(WAVES):
            await asyncio.gather(*(somebody.do_something() for _ in range(AT_ONCE)))
            if chance.random() < 0.3:
                await admin.settle()
        await admin.settle()
    finally:
        system.broker.mangle = lambda messages: messages
    for customer in somebody.customers:
        await agree_about(admin, customer)


async def agree_about(admin: Caller, customer: Customer) -> None:
    kept = sum((order.left for order in customer.orders), Decimal(0))
    orders = (await admin.overview(customer.id))["orders"]
    assert orders["count"] == len(customer.orders)
    assert Decimal(orders["revenue"]) == kept
    assert instant(orders["first_at"]) == min(order.placed_at for order in customer.orders)
    assert instant(orders["last_at"]) == max(order.placed_at for order in customer.orders)

    history = (await admin.get(f"/v1/customers/{customer.id}/tier/history"))["items"]
    earned = sum(order.points(MULTIPLIERS[tier_at(history, order.placed_at)]) for order in customer.orders)
    balance, debt = await admin.points(customer.id)
    assert balance - debt == earned - customer.spent

    ever = sum((line.amount for order in customer.orders for line in order.lines), Decimal(0))
    tiers = [tier for tier, _ in BANDS]
    tier = await admin.tier(customer.id)
    assert tiers.index(level_of(kept)) <= tiers.index(tier) <= tiers.index(level_of(ever))
    assert {row["kind"] for row in history} <= {"first", "upgrade", "correction"}, "nobody was reviewed"


def tier_at(history: list[dict[str, Any]], at: datetime) -> str:
    """Before the first row nothing is known, and nothing is multiplied."""
    rows = [row["tier"] for row in history if instant(row["effective_from"]) <= at]
    return rows[-1] if rows else "basic"


def level_of(spend: Decimal) -> str:
    return next(tier for tier, least in reversed(BANDS) if spend >= least)
