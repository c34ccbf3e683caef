"""Twins (P12): customers that are merged and undone at random end as those that never were; merged, as the rules say.

Each script of random facts is lived by several customers and by their twins: the ones are merged and undone at random
points, the twins never are. Of the two events of a merge each service hears the one or the other first, some of them
days late. After each change what is read is what oracles work out by the facts alone; once everything is undone, it is
what their twins' reads say, but for what was spent, and what they owe each other for that.
"""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import connected
from shared.chassis.audit.sealing import seal_next_lines
from shared.messaging import Database
from shared.messaging.inbox.timing import ConsumerTiming
from shared.messaging.timers import Timers
from tests import harness
from tests.journeys.caller import SETTLED_WITHIN_SECONDS, Caller, instant, new_code
from tests.journeys.late_events import LateBroker, SlowClock
from tests.journeys.twin_facts import Customers
from tests.journeys.twin_lives import TwinLife
from tests.journeys.twin_oracle import expected_orders, histories
from tests.system import System
from tests.system import system as start_system

UNDISTURBED = ConsumerTiming(reconcile_seconds=3600.0, watchdog_seconds=60.0, max_pause_seconds=0.2)
"""Nobody asks the owner for what is late."""


@pytest.fixture
def clock() -> SlowClock:
    return SlowClock(500)


@pytest.fixture
async def system(databases: harness.Databases, keys: harness.Keys, clock: SlowClock) -> AsyncIterator[System]:
    """Whose broker can be late, and whose timers go by its clock too, which the database does not know."""
    fire_due, broker = Timers.fire_due, LateBroker()

    async def fire_due_by_the_clock(timers: Timers, database: Database, *, until: datetime | None = None) -> int:
        return await fire_due(timers, database, until=until or database.clock())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Timers, "fire_due", fire_due_by_the_clock)
        async with start_system(databases, keys, clock=clock, timing=UNDISTURBED, broker=broker) as running:
            running.late = broker.late
            yield running


@pytest.fixture(autouse=True)
async def what_must_hold(system: System, clock: SlowClock) -> AsyncIterator[None]:
    """What `patron verify` checks is true after each life, when its clock goes right again."""
    yield
    for name, database in system.databases.items():
        topic = system.service(name).topic
        await database.run(lambda tx, topic=topic: seal_next_lines(tx, topic, tx.at + timedelta(days=1), timedelta(0)))  # type: ignore[misc]
    clock.pass_by(500)
    await system.settle(SETTLED_WITHIN_SECONDS)
    async with connected({name: database.url for name, database in system.databases.items()}) as connections:
        report = await check_invariants(connections, SUBSCRIBED_TOPICS, SETTLED_WITHIN_SECONDS)
    assert not report.broken, "\n".join(f"{f.code} {f.name}: {'; '.join(f.examples)}" for f in report.broken)


async def check_reads(life: TwinLife) -> None:
    """Either id reads what all that are one have together, to the last point; each wallet holds what it should."""
    customers = life.customers
    rows = histories(customers, life.merges, life.reviews, life.clock())
    for who in life.everybody:
        members, root = life.members(who), life.root_of(who)
        history = [
            (instant(row["effective_from"]), row["tier"], row["kind"], row["previous_tier"])
            for row in (await customers.read(who, "tier/history"))["items"]
        ]
        assert history == rows[root], f"tiers of {who}"
        assert (await customers.read(who, "tier"))["tier"] == rows[root][-1].tier
        expected = life.points.expected(members, life.is_one)
        points = await customers.read(who, "points")
        assert {name: points[name] for name in expected} == expected, f"points of {who}"
        assert set(points["members"]) == {customers.ids[member] for member in members}
        await check_overview(life, who, expected)
        listed = await customers.list_of(who, "orders")
        placed = sorted(customers.orders, key=lambda order: (order.placed_at, order.order_id), reverse=True)
        assert [order["id"] for order in listed] == [order.order_id for order in placed if order.who in members]
        cases = await customers.list_all("/v1/complaints", customer_id=customers.ids[who])
        assert {case["id"] for case in cases} == {case for owner, case in customers.cases if owner in members}
    await check_wallets(life)


async def check_overview(life: TwinLife, who: int, points: Mapping[str, int]) -> None:
    overview = await life.customers.read(who, "overview")
    assert overview["points"] == {name: points[name] for name in ("balance", "held", "debt")}
    assert overview["cases"]["open"] == sum(owner in life.members(who) for owner, _ in life.customers.cases)
    for name, value in expected_orders(life.customers, life.members(who)).items():
        read = overview["orders"][name]
        if isinstance(value, Decimal):
            assert Decimal(read) == value, name
        elif isinstance(value, datetime):
            assert instant(read) == value, name
        else:
            assert read == value, name


async def check_wallets(life: TwinLife) -> None:
    """Each by itself, by the balances after its last entry."""
    for who, customer_id in enumerate(life.customers.ids):
        [last, *_] = [e for e in await life.customers.list_of(who, "points/entries") if e["customer_id"] == customer_id]
        wallet = life.points.wallets[who]
        expected = {"balance": max(0, wallet.net), "held": wallet.held, "debt": max(0, -wallet.net)}
        assert {name: last[name] for name in expected} == expected, f"wallet of {who}"


async def check_as_twins(life: TwinLife) -> None:
    """Once undone: as if they had never been one, but for what was spent, and what they owe each other for that."""
    customers, twins = life.customers, life.twins
    for who in life.everybody:
        assert await history(customers, who) == await history(twins, who)
        assert await net(customers, who) == await net(twins, who) - life.spent[who]
        lived, expected = [(await them.read(who, "overview"))["orders"] for them in (customers, twins)]
        assert lived | {"last_id": 0} == expected | {"last_id": 0}
    for (who, case_id), (_, twin_id) in zip(customers.cases, twins.cases, strict=True):
        lived, expected = [await life.caller.get(f"/v1/complaints/{number}") for number in (case_id, twin_id)]
        assert lived["customer_id"] == customers.ids[who]
        due = [{d["stage"]: d["due_at"] for d in case["deadlines"]} for case in (lived, expected)]
        assert all(due[0][stage] <= due[1][stage] for stage in due[1])  # what a better tier promised is kept (K11)


async def history(customers: Customers, who: int) -> list[tuple[Any, ...]]:
    rows = (await customers.read(who, "tier/history"))["items"]
    return [(row["tier"], row["kind"], row["effective_from"]) for row in rows]


async def net(customers: Customers, who: int) -> int:
    points = await customers.read(who, "points")
    net: int = points["balance"] + points["held"] - points["debt"] - points["borrowed"] + points["lent"]
    return net


STEPS = ("buy", "buy", "take_back", "redeem", "redeem", "give_back", "hold", "release", "complain", "review", "change",
         "change", "catch_up")  # fmt: skip


async def live(caller: Caller, clock: SlowClock, chosen: random.Random, steps: Sequence[str], customers: int) -> None:
    """These steps, then merged for ever, then undone."""
    them, twins = [Customers(caller, [new_code("T") for _ in range(customers)]) for _ in range(2)]
    life = TwinLife(caller, clock, chosen, them, twins)
    try:
        await life.begin()
        for step in steps:
            life.note(step)
            await getattr(life, step)()
            if step in ("change", "catch_up"):
                await life.caller.settle()
                await check_reads(life)
        while len({life.root_of(who) for who in life.everybody}) > 1:
            await life.change()
        await check_reads(life)
        await life.catch_up_with_all()
        await check_reads(life)
        while life.merges:
            await life.undo()
        for _ in list(life.holds):
            await life.release()
        await life.caller.settle()
        await check_as_twins(life)
        await life.catch_up_with_all()
        await check_reads(life)
        await check_as_twins(life)
    except BaseException as error:
        error.add_note("\n".join(life.steps))
        raise


async def test_P12_undone_is_as_if_never_one(admin: Caller, clock: SlowClock) -> None:
    steps = ("change", "redeem", "buy", "review", "take_back", "change", "hold", "catch_up", "change", "complain",
             "give_back", "redeem", "release")  # fmt: skip
    await live(admin, clock, random.Random(1), steps, 2)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(100, 120))
async def test_P12_undone_is_as_if_never_one_at_length(admin: Caller, clock: SlowClock, seed: int) -> None:
    chosen = random.Random(seed)
    await live(admin, clock, chosen, chosen.choices(STEPS, k=60), 2 + seed % 2)
