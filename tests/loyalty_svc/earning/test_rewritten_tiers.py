"""Tier histories rewritten from any instants on: in the end every order is worth what the last history makes of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import Event, OrderPlaced, TierChanged, TierPeriod
from shared.messaging import Database
from tests.loyalty_svc.builders import day, ids, order_placed, returned
from tests.loyalty_svc.invariants import broken_invariants
from tests.tier_tails import rewritten_history, row_changed, tail_changed, tier_period, tier_then

SERVICE = "loyalty"
ANN, BOB = UUID(int=0xA), UUID(int=0xB)
EMPTY = """truncate wallet, entry, posting, lot, spent_lot, order_points, tier_copy, stream_seen, stream_head, outbox,
           outbox_unsent"""
MULTIPLIERS = {"platinum": Decimal(2), "gold": Decimal("1.5"), "silver": Decimal("1.2")}  # the shipped programme's

Deliver = Callable[..., Awaitable[Any]]


def worth(amount: Decimal, tier: str | None) -> int:
    """Points of an order of one line, of which `amount` is left."""
    return int((amount * MULTIPLIERS.get(tier or "", Decimal(1))).quantize(Decimal(1), ROUND_HALF_EVEN))


async def posted(database: Database) -> dict[UUID, int]:
    rows = await database.run(lambda tx: tx.raw.fetch("select order_id, posted from order_points"))
    return {row["order_id"]: row["posted"] for row in rows}


async def balance(database: Database, customer: UUID) -> int:
    query = "select available + held - debt from wallet where customer_id = $1"
    return int(await database.run(lambda tx: tx.raw.fetchval(query, customer)) or 0)


@st.composite
def facts(draw: st.DrawFn) -> tuple[list[Event], list[TierChanged], dict[UUID, list[TierPeriod]], dict[UUID, Decimal]]:
    """Intake's events, tiering's, the history each customer has in the end, and what is left of each order."""
    next_id = ids(1_000)
    intake: list[Event] = []
    left: dict[UUID, Decimal] = {}
    for _ in range(draw(st.integers(1, 6))):
        cents = draw(st.integers(0, 9_999)) * 2
        order: OrderPlaced = order_placed(
            draw(st.sampled_from([ANN, BOB])),
            next_id(),
            ("A", f"{cents / 100:.2f}", 2),
            at=day(draw(st.integers(0, 20))),
        )
        intake.append(order)
        left[order.order_id] = order.amount
        if draw(st.booleans()):
            intake.append(returned(order, next_id(), (1, 1, str(order.amount / 2))))
            left[order.order_id] = order.amount / 2
    changes: list[TierChanged] = []
    histories: dict[UUID, list[TierPeriod]] = {ANN: [], BOB: []}
    for customer in draw(st.sampled_from([[ANN], [ANN, BOB]])):
        events, rewritten = draw(rewritten_history(customer, next_id, day, ["basic", "silver", "gold", "platinum"]))
        changes += events
        histories[customer] = rewritten[-1]
    return intake, changes, histories, left


@st.composite
def merged(draw: st.DrawFn, topics: Sequence[Sequence[Event]]) -> list[list[Event]]:
    """The topics by chance, each in its own order, cut into batches by chance; a tail may come twice in a row."""
    waiting = [list(topic) for topic in topics]
    batches: list[list[Event]] = [[]]
    while any(waiting):
        topic = draw(st.sampled_from([events for events in waiting if events]))
        event = topic.pop(0)
        batches[-1] += [event, event] if isinstance(event, TierChanged) and draw(st.booleans()) else [event]
        if draw(st.booleans()):
            batches.append([])
    return [batch for batch in batches if batch]


async def test_L2_whatever_was_rewritten_the_last_history_alone_decides_the_points(
    database: Database, deliver: Deliver
) -> None:
    loop = asyncio.get_running_loop()

    async def after(batches: list[list[Event]]) -> tuple[dict[UUID, int], int, int]:
        await database.run(lambda tx: tx.raw.execute(EMPTY))
        for batch in batches:
            await deliver(database, subscriptions, batch, at=day(30))
        assert await broken_invariants(database) == {}
        return await posted(database), await balance(database, ANN), await balance(database, BOB)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        intake, changes, histories, left = data.draw(facts())
        batches = data.draw(merged([intake, changes]))
        points, of_ann, of_bob = asyncio.run_coroutine_threadsafe(after(batches), loop).result()
        orders = [event for event in intake if isinstance(event, OrderPlaced)]
        expected = {
            order.order_id: worth(left[order.order_id], tier_then(histories[order.customer_id], order.placed_at))
            for order in orders
        }
        assert points == expected
        for customer, total in ((ANN, of_ann), (BOB, of_bob)):
            assert total == sum(expected[order.order_id] for order in orders if order.customer_id == customer)
        stored = asyncio.run_coroutine_threadsafe(copies(database), loop).result()
        assert stored == {
            (customer, row.effective_from, row.tier) for customer, history in histories.items() for row in history
        }

    await asyncio.to_thread(holds)


async def copies(database: Database) -> set[tuple[Any, ...]]:
    query = "select customer_id, effective_from, tier from tier_copy"
    return {tuple(row) for row in await database.run(lambda tx: tx.raw.fetch(query))}


async def test_L2_orders_between_the_rows_of_one_tail_are_posted_by_difference(
    database: Database, deliver: Deliver
) -> None:
    orders = [order_placed(ANN, UUID(int=n), ("A", "100.00"), at=day(n)) for n in (1, 3, 6, 9)]
    await deliver(database, subscriptions, orders, at=day(10))
    await deliver(database, subscriptions, [row_changed(ANN, UUID(int=100), "platinum", 3, day(2))], at=day(10))
    assert list((await posted(database)).values()) == [100, 200, 200, 200]
    tail = [tier_period(UUID(int=101), "basic", 0, day(2)), tier_period(UUID(int=102), "gold", 2, day(5))]
    for _ in range(2):
        announced = await deliver(database, subscriptions, [tail_changed(ANN, *tail, decided_at=day(10))], at=day(10))
    assert await posted(database) == {UUID(int=1): 100, UUID(int=3): 100, UUID(int=6): 150, UUID(int=9): 150}
    assert await balance(database, ANN) == 500
    assert announced == [], "heard again it changes nothing (K8)"


async def test_L2_a_customer_known_by_its_tier_alone_earns_by_it_from_its_first_order_on(
    database: Database, deliver: Deliver
) -> None:
    """A prospect that was placed by a person has a tier before it buys anything."""
    await deliver(
        database, subscriptions, [row_changed(ANN, UUID(int=100), "platinum", 3, day(2), kind="override")], at=day(3)
    )
    await deliver(database, subscriptions, [order_placed(ANN, UUID(int=1), ("A", "50.00"), at=day(4))], at=day(5))
    assert await balance(database, ANN) == 100
