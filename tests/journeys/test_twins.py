"""Twins (P12): two customers that are merged and undone at random end as two that never were; merged, as one.

Each script of random facts is lived by two pairs at once: the one is merged and undone at random points, its twin never
is. Once everything is undone, both must agree: tiers with their history, orders, cases, and points but for what was
spent, which the test adds up by itself. What one of them borrowed of the other is a debt that both sides show.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import Connections
from tests.journeys.caller import SETTLED_WITHIN_SECONDS, Caller, a_line, an_order, new_code
from tests.system import System

CASE = {"channel": "call", "category": "delivery", "what_happened": "It came late.", "request": "Soon.",
        "contact": {"name": "Ann", "phone": "1"}}  # fmt: skip
HERS, HIS = 0, 1


@pytest.fixture(autouse=True)
async def what_must_hold(system: System, examined: Connections) -> AsyncIterator[None]:
    """What `patron verify` checks is true after each life."""
    yield
    await system.settle(SETTLED_WITHIN_SECONDS)
    report = await check_invariants(examined, SUBSCRIBED_TOPICS, SETTLED_WITHIN_SECONDS)
    assert not report.broken, "\n".join(f"{f.code} {f.name}: {'; '.join(f.examples)}" for f in report.broken)


@dataclass
class Pair:
    """Two customers, by their references and ids, and what they did, in the order of the script."""

    caller: Caller
    refs: tuple[str, str]
    ids: list[str] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    cases: list[tuple[int, str]] = field(default_factory=list)

    async def buy(self, who: int, amount: str, at: str) -> None:
        lines = [a_line(1, amount, 2)]
        self.orders.append(await self.caller.post("/v1/orders", an_order(self.refs[who], lines, at=at), status=202))

    async def take_back(self, number: int, at: str) -> None:
        body = {"return_id": new_code("R"), "returned_at": at, "lines": [{"line": 1, "quantity": 1}]}
        await self.caller.post(f"/v1/orders/{self.orders[number]['id']}/returns", body)

    async def complain(self, who: int, at: str) -> None:
        body = CASE | {"customer": {"id": self.ids[who]}, "kind": "complaint", "severity": "normal", "filed_at": at}
        case = await self.caller.post("/v1/complaints", body)
        self.cases.append((who, case["id"]))

    async def read(self, who: int, what: str) -> Any:
        return await self.caller.get(f"/v1/customers/{self.ids[who]}/{what}")


@dataclass
class Script:
    """A random life of two pairs: `merged` is made one and two again, `twin` never is."""

    caller: Caller
    random: random.Random
    merged: Pair
    twin: Pair
    merge: str | None = None
    spent: Counter[int] = field(default_factory=Counter)
    redemptions: list[tuple[int, str, int]] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    returned: set[int] = field(default_factory=set)

    async def both(self, what: str, *facts: Any) -> None:
        for pair in (self.merged, self.twin):
            await getattr(pair, what)(*facts)

    def instant(self) -> str:
        return (datetime.now(UTC) - timedelta(seconds=1, days=self.random.choice((0, 0, 0, 3, 40, 200)))).isoformat()

    async def begin(self) -> None:
        for who in (HERS, HIS):
            await self.both("buy", who, "120.00", self.instant())
        for pair in (self.merged, self.twin):
            pair.ids = [order["customer_id"] for order in pair.orders]
        await self.caller.settle()

    async def step(self) -> None:
        steps = (self.buy, self.buy, self.take_back, self.redeem, self.redeem, self.give_back, self.hold,
                 self.release, self.complain, self.change, self.change)  # fmt: skip
        await self.random.choice(steps)()

    async def buy(self) -> None:
        amount = f"{self.random.choice((7, 30, 250, 900, 4000))}.00"
        await self.both("buy", self.random.choice((HERS, HIS)), amount, self.instant())

    async def take_back(self) -> None:
        left = [n for n in range(len(self.twin.orders)) if n not in self.returned]
        if left:
            number = self.random.choice(left)
            self.returned.add(number)
            await self.both("take_back", number, (datetime.now(UTC) - timedelta(milliseconds=500)).isoformat())

    async def complain(self) -> None:
        at = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        await self.both("complain", self.random.choice((HERS, HIS)), at)

    async def redeem(self) -> None:
        """All that can be spent, or part of it: while they are one also what the other has."""
        await self.caller.settle()
        who = self.random.choice((HERS, HIS))
        balance = await self.balance_to_spend(who)
        points = self.random.randint(1, balance) if balance else 0
        path = f"/v1/customers/{self.merged.ids[who]}/points/redemptions"
        if points:
            entry = await self.caller.post(path, {"points": points})
            self.spent[who] += points
            self.redemptions.append((who, entry["id"], points))
        await self.caller.refused(path, {"points": balance - points + 1}, status=409, code="not_enough_points")

    async def balance_to_spend(self, who: int) -> int:
        """The oracle of spending: the wallets of all who are one, each by what its own entries come to."""
        seen: int = (await self.merged.read(who, "points"))["balance"]
        members = (HERS, HIS) if self.merge else (who,)
        lots = (await self.merged.read(who, "points/lots"))["items"]
        assert seen == sum(lot["remaining"] for lot in lots)
        assert {lot["customer_id"] for lot in lots} <= {self.merged.ids[member] for member in members}
        return seen

    async def give_back(self) -> None:
        if self.redemptions:
            who, entry, points = self.redemptions.pop(self.random.randrange(len(self.redemptions)))
            part = self.random.randint(1, points)
            path = f"/v1/customers/{self.merged.ids[who]}/points/redemptions/{entry}/reversal"
            await self.caller.post(path, {"points": part})
            self.spent[who] -= part

    async def hold(self) -> None:
        await self.caller.settle()
        who = self.random.choice((HERS, HIS))
        if balance := await self.balance_to_spend(who):
            path = f"/v1/customers/{self.merged.ids[who]}/points/holds"
            self.holds.append((await self.caller.post(path, {"points": self.random.randint(1, balance)}))["id"])

    async def release(self) -> None:
        if self.holds:
            await self.caller.post(f"/v1/holds/{self.holds.pop()}/release")

    async def change(self) -> None:
        """They become one, or two again."""
        await self.caller.settle()
        root, other = self.random.sample(self.merged.ids, 2)
        if self.merge:
            answer = await self.caller.send("DELETE", self.merge)
            assert answer.status_code == 204, answer.text
            self.merge = None
        else:
            path = f"/v1/customers/{root}/merges"
            made = await self.caller.post(path, {"absorbed": {"id": other}})
            self.merge = f"{path}/{made['merge_id']}"
        await self.caller.settle()

    async def net(self, pair: Pair, who: int) -> int:
        points = await pair.read(who, "points")
        net: int = points["balance"] + points["held"] - points["debt"] - points["borrowed"] + points["lent"]
        return net


async def check_merged(script: Script) -> None:
    """Merged for ever: either id reads what both are together; spending and debts between them change nothing of it."""
    assert await tier_now(script.merged, HERS) == await tier_now(script.merged, HIS)
    expected = sum([await script.net(script.twin, who) - script.spent[who] for who in (HERS, HIS)])
    her, his = [await script.merged.read(who, "points") for who in (HERS, HIS)]
    sums = [(p["balance"], p["held"], p["debt"], p["borrowed"], p["lent"]) for p in (her, his)]
    assert sums[0] == sums[1]
    assert sums[0][3:] == (0, 0)
    assert sums[0][0] + sums[0][1] - sums[0][2] >= expected  # the better tier of both earns more, never less
    orders = [order["id"] for order in (await script.merged.read(HERS, "orders"))["items"]]
    assert sorted(orders) == sorted(order["id"] for order in script.merged.orders)
    assert orders == [order["id"] for order in (await script.merged.read(HIS, "orders"))["items"]]
    for customer_id in script.merged.ids:
        listed = (await script.caller.get("/v1/complaints", customer_id=customer_id))["items"]
        assert {case["id"] for case in listed} == {case_id for _, case_id in script.merged.cases}


async def check_apart(script: Script) -> None:
    """Once undone: as if they had never been one, but for what was spent, and what they owe each other for that."""
    merged, twin = script.merged, script.twin
    for who in (HERS, HIS):
        assert await history(merged, who) == await history(twin, who)
        assert await script.net(merged, who) == await script.net(twin, who) - script.spent[who]
        lived, expected = [(await pair.read(who, "overview"))["orders"] for pair in (merged, twin)]
        assert lived | {"last_id": 0} == expected | {"last_id": 0}
        for pair in (merged, twin):
            listed = (await pair.read(who, "orders"))["items"]
            assert {order["id"] for order in listed} == {
                order["id"] for order in pair.orders if order["customer_id"] == pair.ids[who]}  # fmt: skip
    her, his = [await merged.read(who, "points") for who in (HERS, HIS)]
    assert (her["borrowed"], her["lent"]) == (his["lent"], his["borrowed"])
    for (who, case_id), (_, twin_id) in zip(merged.cases, twin.cases, strict=True):
        lived, expected = [await script.caller.get(f"/v1/complaints/{number}") for number in (case_id, twin_id)]
        assert lived["customer_id"] == merged.ids[who]
        due = [{d["stage"]: d["due_at"] for d in case["deadlines"]} for case in (lived, expected)]
        assert all(due[0][stage] <= due[1][stage] for stage in due[1])  # what a better tier promised is kept (K11)


async def tier_now(pair: Pair, who: int) -> Any:
    return (await pair.read(who, "tier"))["tier"]


async def history(pair: Pair, who: int) -> list[tuple[Any, ...]]:
    return [(row["tier"], row["effective_from"]) for row in (await pair.read(who, "tier/history"))["items"]]


async def live(caller: Caller, seed: int, steps: int) -> None:
    pairs = [Pair(caller, (new_code("T"), new_code("T"))) for _ in range(2)]
    script = Script(caller, random.Random(seed), *pairs)  # type: ignore[arg-type]
    await script.begin()
    for _ in range(steps):
        await script.step()
    if not script.merge:
        await script.change()
    await caller.settle()
    await check_merged(script)
    await script.change()
    while script.holds:
        await script.release()
    await caller.settle()
    await check_apart(script)


async def test_C1_what_a_case_granted_moves_with_the_case(admin: Caller) -> None:
    orders = [await admin.place(new_code("T"), "10.00") for _ in range(2)]
    her, his = [order["customer_id"] for order in orders]
    await admin.settle()
    body = CASE | {"customer": {"id": her}, "kind": "complaint", "severity": "low"}
    case = f"/v1/complaints/{(await admin.post('/v1/complaints', body))['id']}"
    await admin.post(f"{case}/acknowledgement", {})
    await admin.post(f"{case}/judgement", {"valid": True, "reason": "So it is."})
    await admin.post(f"{case}/proposals", {"text": "With our apologies.", "points": 30})
    await admin.post(f"{case}/acceptance", {"accepted": True})
    await admin.post(f"{case}/resolution", {})
    await admin.settle()
    before = await admin.points(her), await admin.points(his)
    await admin.post(f"{case}/identification", {"customer_id": his})
    await admin.settle()
    after = await admin.points(her), await admin.points(his)
    assert [a[0] - b[0] for a, b in zip(after, before, strict=True)] == [-30, 30]


@pytest.mark.parametrize("seed", [1])
async def test_P12_undone_is_as_if_never_one(admin: Caller, seed: int) -> None:
    await live(admin, seed, 14)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(100, 120))
async def test_P12_undone_is_as_if_never_one_at_length(admin: Caller, seed: int) -> None:
    await live(admin, seed, 60)
