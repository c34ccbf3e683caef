"""The long tier (`make chaos`): tiering dies by SIGKILL at every named point it passes while facts arrive shuffled, and
every customer's tier history is what an oracle makes of the facts alone (T10, K20)."""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from deploy.embedded.databases import database_of
from tests.reliability.whole import Whole
from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.tier_life_oracle import Facts, Row

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

POINTS = (
    "consumer.before_apply", "consumer.before_commit", "consumer.after_commit", "consumer.after_offsets",
    "outbox.before_commit", "relay.before_send", "relay.after_send", "relay.after_mark",
    "timer.before_commit", "timer.after_commit",
)  # fmt: skip
CUSTOMERS = 12
ORDERS = 12  # of each
AMOUNTS = ("90.00", "310.00", "800.00", "1700.00", "2500.00")


@dataclass
class Customer:
    """A customer's orders to be sent in any order, and what came back of them."""

    ref: str
    orders: list[dict[str, Any]] = field(default_factory=list)
    backs: dict[str, datetime] = field(default_factory=dict)  # order -> when its first line came back
    id: str = ""

    def facts(self, policy: dict[str, Any], reviews: list[oracle.Fact], overrides: list[oracle.Fact]) -> Facts:
        facts = Facts(policy, reviews=reviews, overrides=overrides)
        for order in self.orders:
            amount = sum((Decimal(line["amount"]) for line in order["lines"]), Decimal(0))
            placed_at = datetime.fromisoformat(order["placed_at"])
            facts.orders.append(
                {"id": order["order_id"], "placed_at": placed_at, "amount": amount, "quantity": 2, "cost": None}
            )
            if (back_at := self.backs.get(order["order_id"])) is not None:
                first = Decimal(order["lines"][0]["amount"])
                facts.reversals.append(
                    {"id": order["order_id"], "order": order["order_id"], "at": back_at, "amount": first, "quantity": 1}
                )
        return facts


def draw(name: str, rng: random.Random, now: datetime) -> list[Customer]:
    """Orders of the last fourteen months; the first of two lines of every third comes back."""
    customers = [Customer(f"{name}-{number}") for number in range(CUSTOMERS)]
    for customer in customers:
        for number in range(ORDERS):
            placed_at = now - timedelta(days=rng.randrange(3, 420), seconds=rng.randrange(80_000))
            lines = [
                {"line": line, "sku": "a", "category": "tools", "quantity": 1, "amount": amount}
                for line, amount in ((1, rng.choice(AMOUNTS)), (2, "10.00"))
            ]
            order_id = f"{customer.ref}-{number}"
            customer.orders.append(
                {"order_id": order_id, "customer": {"source": "patron", "ref": customer.ref}, "currency": "USD",
                 "placed_at": placed_at.isoformat(), "channel": "store", "lines": lines}
            )  # fmt: skip
            if rng.random() < 0.35:
                customer.backs[order_id] = placed_at + timedelta(days=rng.randrange(1, 3), seconds=rng.randrange(9))
        rng.shuffle(customer.orders)
    return customers


async def send(whole: Whole, batch: Sequence[tuple[Customer, dict[str, Any]]]) -> None:
    """Orders, each with what comes back of it at once or after the whole batch."""

    async def lane(sent: Iterator[tuple[Customer, dict[str, Any]]]) -> None:
        for customer, order in sent:
            answer = await whole.load.post("/v1/orders", order)
            whole.load.orders[order["order_id"]] = answer
            customer.id = answer["customer_id"]
            if (back_at := customer.backs.get(order["order_id"])) is not None:
                body = {"return_id": f"{order['order_id']}-r", "returned_at": back_at.isoformat(),
                        "lines": [{"line": 1, "quantity": 1}]}  # fmt: skip
                await whole.load.post(f"/v1/orders/{answer['id']}/returns", body)

    shared = iter(batch)
    await asyncio.gather(*(lane(shared) for _ in range(3)))


async def review(whole: Whole, as_of: datetime) -> None:
    """As of a past instant, to its end."""
    run = await whole.load.post(
        "/v1/evaluations", {"as_of": as_of.isoformat()}, key=f"{whole.load.name}-{as_of:%Y%m%d}"
    )
    deadline = asyncio.get_running_loop().time() + 90
    while True:
        answer = await whole.load.until_answered(lambda: whole.load.http.get(f"/v1/evaluations/{run['id']}"))
        if (state := answer.json())["status"] == "done":
            assert state["result"] == "applied"
            return
        assert asyncio.get_running_loop().time() < deadline, state
        await asyncio.sleep(0.2)


async def query(whole: Whole, statement: str, *arguments: Any) -> list[Any]:
    connection = await asyncpg.connect(whole.system.postgres.url(database_of("tiering")))
    try:
        rows: list[Any] = await connection.fetch(statement, *arguments)
        return rows
    finally:
        await connection.close()


async def policy_of(whole: Whole) -> dict[str, Any]:
    """The policy in force, that the first start put there."""
    in_force = "select document::text from rule_set_version where kind = 'tier-policies' and status = 'active'"
    [row] = await query(whole, in_force)
    document: dict[str, Any] = json.loads(row[0])
    return document


async def history_of(whole: Whole, customer: str) -> list[Row]:
    rows = (await whole.load.http.get(f"/v1/customers/{customer}/tier/history")).json()["items"]
    return sorted(
        Row(datetime.fromisoformat(row["effective_from"]), row["tier"], row["kind"], row["previous_tier"])
        for row in rows
    )


async def overrides_of(whole: Whole, customer: str, policy: dict[str, Any]) -> list[oracle.Fact]:
    rows = await query(
        whole,
        """select tier, starts_at, until, ended_at from tier_privilege
           where customer_id = $1::uuid and kind = 'override' order by starts_at""",
        customer,
    )
    return [{"policy": policy, **dict(row)} for row in rows]


async def test_K20_histories_equal_the_oracle_after_kill_9_at_every_point(whole: Whole) -> None:
    rng, now = random.Random(20), datetime.now(UTC).replace(microsecond=0)
    customers = draw(whole.load.name, rng, now)
    facts = [(customer, order) for customer in customers for order in customer.orders]
    rng.shuffle(facts)
    reviews = []
    size = len(facts) // len(POINTS) + 1
    for number, point in enumerate(POINTS):
        await whole.arm("tiering", point)
        await send(whole, facts[number * size : (number + 1) * size])
        if point.startswith("timer"):
            await whole.load.override_briefly(customers[number].id, f"{whole.load.name}-{number}")
        await whole.all_fired()
        await asyncio.to_thread(whole.bring_everything_up)
        if number in (3, 6):  # of months in which more is still to arrive
            as_of = now - timedelta(days=100 if number == 3 else 40, seconds=7)
            await review(whole, as_of)
            reviews.append(as_of)
    await whole.invariants_hold()
    policy = await policy_of(whole)
    kept: list[oracle.Fact] = [{"as_of": as_of, "policy": policy, "cutoffs": None} for as_of in reviews]
    for customer in customers:
        overrides = await overrides_of(whole, customer.id, policy)
        assert await history_of(whole, customer.id) == oracle.history(customer.facts(policy, kept, overrides))
