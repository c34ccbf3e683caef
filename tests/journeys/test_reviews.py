"""Review runs and the pyramid (T7, T10): down only after the grace period; the figures equal a count by hand."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.journeys.caller import Caller, ago, an_order, instant, new_code, now

LEVELS = (("platinum", 4800), ("gold", 2400), ("silver", 800), ("basic", 0))  # by the spend of twelve months


async def review(caller: Caller, as_of: str, **more: Any) -> dict[str, Any]:
    """Ask for a review and wait until it is over."""
    run = await caller.post("/v1/evaluations", {"as_of": as_of} | more, status=202)
    async with asyncio.timeout(60):
        while run["finished_at"] is None:
            await asyncio.sleep(0.05)
            run = await caller.get(f"/v1/evaluations/{run['id']}")
    finished: dict[str, Any] = run
    return finished


async def kinds(caller: Caller, customer: str) -> list[tuple[str, str]]:
    items = (await caller.get(f"/v1/customers/{customer}/tier/history"))["items"]
    return [(row["kind"], row["tier"]) for row in items]


async def levels(caller: Caller) -> dict[str, dict[str, Any]]:
    return {level["tier"]: level for level in (await caller.get("/v1/pyramid"))["levels"]}


async def test_T10_down_only_after_the_grace_period_and_back_at_once(admin: Caller) -> None:
    """Gold by what was bought 14 months ago: warned by the first review, lowered by one after the grace is over."""
    ref, faithful = new_code("R"), new_code("R")
    customer = (await admin.place(ref, "3000.00", at=ago(days=14 * 31)))["customer_id"]
    stays = (await admin.place(faithful, "3000.00", at=ago(days=90)))["customer_id"]
    await admin.settle()
    assert await admin.tier(customer) == "gold"

    seen = await review(admin, ago(days=40), apply=False)
    assert seen["simulated_because"] == "not_asked_to_apply"
    assert (await admin.get(f"/v1/customers/{customer}/tier"))["below_since"] is None, "that only looked"

    first_review = ago(days=40)
    first = await review(admin, first_review)
    assert (first["result"], first["outcomes"].get("grace"), first["outcomes"].get("down")) == ("applied", 1, None)
    tier = await admin.get(f"/v1/customers/{customer}/tier")
    assert (tier["tier"], instant(tier["below_since"])) == ("gold", instant(first_review))
    early = await review(admin, ago(days=20))
    assert early["outcomes"].get("grace") == 1, "a month of grace is not over after twenty days"
    movers = (await admin.get(f"/v1/evaluations/{early['id']}/movers", outcome="grace"))["items"]
    assert [(mover["customer_id"], mover["graded"]) for mover in movers] == [(customer, "basic")]

    last_review = ago(seconds=1)
    last = await review(admin, last_review)
    assert last["outcomes"].get("down") == 1
    await admin.settle()
    assert await admin.tier(customer) == "basic"
    assert await admin.tier(stays) == "gold"
    assert await kinds(admin, customer) == [("first", "gold"), ("downgrade", "basic")]
    explanation = await admin.get(f"/v1/customers/{customer}/tier/explanation")
    assert explanation["reasons"]["run_id"] == last["id"]
    assert (await levels(admin))["basic"]["came_down"] == 1
    assert await admin.points(customer) == (4500, 0), "what was earned in gold stays earned"

    closed = await review(admin, ago(days=30))
    assert (closed["result"], closed["simulated_because"]) == ("simulated", "before_the_last_review")
    assert await kinds(admin, customer) == [("first", "gold"), ("downgrade", "basic")]

    await admin.place(ref, "2400.00", at=now())
    await admin.settle()
    assert await admin.tier(customer) == "gold"
    assert (await kinds(admin, customer))[-1] == ("upgrade", "gold")
    assert await admin.points(customer) == (4500 + 3600, 0)


async def test_T10_a_review_counts_what_the_gateway_had_accepted_before_it(admin: Caller) -> None:
    """Asked for in the same breath as orders: it waits for what was accepted, and misses none of it."""
    refs = [new_code("R") for _ in range(20)]
    orders = await asyncio.gather(*(admin.place(ref, "900.00", at=ago(days=1)) for ref in refs))
    run = await review(admin, now())
    assert run["progress"]["done"] >= len(refs)
    silver = [await admin.get(f"/v1/customers/{order['customer_id']}/tier") for order in orders]
    assert {standing["tier"] for standing in silver} == {"silver"}


# --- the pyramid against a count by hand ---


@dataclass
class Bought:
    """What a customer of this journey bought, as the journey itself wrote it down."""

    placed_at: datetime
    amount: Decimal
    cost: Decimal | None
    returned: bool = False


@dataclass
class Level:
    customers: int = 0
    revenue: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)


def by_hand(books: Iterable[list[Bought]]) -> dict[str, Level]:
    """Everybody alone: what is left of twelve months makes the level; then the levels are summed."""
    levels = {tier: Level() for tier, _ in LEVELS}
    for book in books:
        kept = [
            order for order in book if not order.returned and month(order.placed_at) > month(datetime.now(UTC)) - 12
        ]
        revenue = sum((order.amount for order in kept), Decimal(0))
        level = levels[next(tier for tier, least in LEVELS if revenue >= least)]
        level.customers += 1
        level.revenue += revenue
        level.profit += sum((order.amount - order.cost for order in kept if order.cost is not None), Decimal(0))
    return levels


def month(at: datetime) -> int:
    return at.year * 12 + at.month


async def bring(admin: Caller, ref: str, amounts: list[tuple[int, int | None, bool]]) -> list[Bought]:
    """Orders of (amount, unit cost, returned), a month apart, the newest first."""
    book = []
    for months, (amount, cost, returned) in enumerate(amounts):
        placed_at = datetime.now(UTC) - timedelta(days=31 * months, hours=1)
        line = {"line": 1, "sku": "s", "category": "tea", "quantity": 2, "amount": f"{amount}.00"}
        line |= {} if cost is None else {"unit_cost": f"{cost}.00"}
        order = await admin.post("/v1/orders", an_order(ref, [line], at=placed_at.isoformat()), status=202)
        if returned:
            await admin.take_back(order, (1, 2))
        book.append(Bought(placed_at, Decimal(amount), None if cost is None else Decimal(2 * cost), returned))
    return book


async def test_T7_the_pyramid_is_what_a_count_by_hand_gives(admin: Caller) -> None:
    before = await levels(admin)
    stories: list[list[tuple[int, int | None, bool]]] = [
        [(5000, 2000, False)],
        [(2000, 500, False), (1000, None, False)],
        [(3000, 1000, True), (900, 300, False)],
        [(100, 40, False)] * 3,
        [(700, 300, False), (700, 200, False), (700, 100, False), (700, 10, False)],
        [(799, None, False)],
        [(800, 1, False)],
        [(4800, 1000, True)],
    ]
    books = await asyncio.gather(*(bring(admin, new_code("R"), story) for story in stories))
    await review(admin, now())
    await admin.settle()
    after = await levels(admin)
    expected = by_hand(books)
    assert {tier: level.customers for tier, level in expected.items()} == {
        "platinum": 1, "gold": 2, "silver": 2, "basic": 3
    }  # fmt: skip
    for tier, level in expected.items():
        assert after[tier]["customers"] - before[tier]["customers"] == level.customers, tier
        assert Decimal(after[tier]["revenue"]) - Decimal(before[tier]["revenue"]) == level.revenue, tier
        added = Decimal(after[tier]["profit"] or 0) - Decimal(before[tier]["profit"] or 0)
        assert added == level.profit, tier
    whole = await admin.get("/v1/pyramid")
    assert whole["customers"] == sum(level["customers"] for level in whole["levels"])
    assert Decimal(whole["revenue"]) == sum(Decimal(level["revenue"]) for level in whole["levels"])
