"""The same facts, in any split into batches and any interleaving of topics, end in the same balances (L2)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import Event, OrderPlaced
from shared.messaging import Database
from tests.loyalty_svc.builders import cancelled, day, ids, order_placed, returned, tier_changed
from tests.loyalty_svc.invariants import broken_invariants

SERVICE = "loyalty"
CUSTOMERS = [UUID(int=0xA), UUID(int=0xB)]
EMPTY = """truncate wallet, entry, posting, lot, spent_lot, order_points, tier_copy, stream_seen, stream_head, outbox,
           outbox_unsent"""

Deliver = Callable[..., Awaitable[Any]]
Cut = list[list[Event]]


@st.composite
def facts(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """What intake topics and what tiering topics: each in the order of its own topic."""
    next_id = ids(1_000)
    intake: list[Event] = []
    tiering: list[Event] = []
    open_orders: list[tuple[OrderPlaced, list[int]]] = []
    for _ in range(draw(st.integers(1, 7))):
        customer = draw(st.sampled_from(CUSTOMERS))
        amounts = draw(st.lists(st.integers(0, 5_000), min_size=1, max_size=3))
        lines = [("A", f"{cents / 100:.2f}", 2) for cents in amounts]
        order = order_placed(customer, next_id(), *lines, at=day(draw(st.integers(0, 20))))
        intake.append(order)
        open_orders.append((order, [2] * len(lines)))
        if draw(st.booleans()):
            _reverse(draw, draw(st.sampled_from(open_orders)), next_id, intake)
    for _ in range(draw(st.integers(0, 5))):
        tier = draw(st.sampled_from(["silver", "gold", "platinum", "basic"]))
        kind = draw(st.sampled_from(["upgrade", "correction"]))
        at = day(draw(st.integers(0, 20)))
        tiering.append(tier_changed(draw(st.sampled_from(CUSTOMERS)), next_id(), tier, at, kind))
    return intake, tiering


def _reverse(
    draw: st.DrawFn, bought: tuple[OrderPlaced, list[int]], next_id: Callable[[], UUID], intake: list[Event]
) -> None:
    order, left = bought
    pieces = []
    whole = draw(st.booleans())
    for ln in order.lines:
        quantity = left[ln.line - 1] if whole else min(left[ln.line - 1], 1)
        first = ln.amount // 2
        amount = {0: 0, 1: ln.amount - first if left[ln.line - 1] == 1 else first, 2: ln.amount}[quantity]
        if quantity:
            pieces.append((ln.line, quantity, str(amount)))
            left[ln.line - 1] -= quantity
    if pieces:
        intake.append(cancelled(order, *pieces) if whole else returned(order, next_id(), *pieces))


@st.composite
def cut_in_any_way(draw: st.DrawFn, topics: tuple[list[Event], list[Event]]) -> Cut:
    """Both topics merged by chance, each in its own order, then cut into batches by chance."""
    waiting = [list(topics[0]), list(topics[1])]
    batches: Cut = [[]]
    while any(waiting):
        topic = draw(st.integers(0, 1))
        if not waiting[topic]:
            topic = 1 - topic
        batches[-1].append(waiting[topic].pop(0))
        if draw(st.booleans()):
            batches.append([])
    return [batch for batch in batches if batch]


@pytest.fixture
def balances_after(database: Database, deliver: Deliver) -> Callable[[Cut], Awaitable[Any]]:
    async def after(batches: Cut) -> Any:
        await database.run(lambda tx: tx.raw.execute(EMPTY))
        for batch in batches:
            await deliver(database, subscriptions, batch, at=day(30))
        assert await broken_invariants(database) == {}
        query = "select customer_id, available, held, debt from wallet where entries > 0 order by 1"
        rows = await database.run(lambda tx: tx.raw.fetch(query))
        expiry = await database.run(
            lambda tx: tx.raw.fetch("select order_id, posted from order_points order by order_id")
        )
        return [tuple(row) for row in rows if any(tuple(row)[1:])], [tuple(row) for row in expiry]

    return after


async def test_L2_any_split_and_any_interleaving_end_in_the_same_balances(
    balances_after: Callable[[Cut], Awaitable[Any]],
) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        topics = data.draw(facts())
        one_by_one: Cut = [[fact] for fact in topics[1] + topics[0]]
        at_once: Cut = [batch for batch in topics if batch]
        by_chance = data.draw(cut_in_any_way(topics))
        results = [
            asyncio.run_coroutine_threadsafe(balances_after(batches), loop).result()
            for batches in (one_by_one, at_once, by_chance)
        ]
        assert results[0] == results[1] == results[2]

    await asyncio.to_thread(holds)
