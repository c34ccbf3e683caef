"""Orders, returns and changes of tier through the handlers: what the ledger says (L2, K4, K6, K8, K9, K18)."""

from typing import Any
from uuid import UUID

import pytest

from services.loyalty_svc.redemptions.handlers import redeem_points
from services.loyalty_svc.subscriptions import subscriptions
from shared.errors import DomainError
from shared.events import CustomerReferenceRegistered, CustomerRegistered, Event, PointsPosted
from shared.messaging import Database
from tests.loyalty_svc.builders import (
    cancelled,
    day,
    ids,
    order_placed,
    resolved,
    returned,
    returned_whole,
    tier_changed,
)
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, BERT, Deliver, kinds, put_in_force

SERVICE = "loyalty"


async def test_K4_a_return_takes_back_twenty_not_thirty_five(database: Database, handle: Any) -> None:
    terms = {"base_rate": "1", "tiers": {}, "categories": {}, "bonuses": {"A": 10, "B": 20}, "lifetime_months": 24}
    await put_in_force(database, day(0), terms)
    order = order_placed(ANNA, UUID(int=1), ("A", "10.00"), ("B", "10.00"), ("C", "20.00"), at=day(1))
    assert kinds(await handle(order)) == [("earn", 70)]
    assert kinds(await handle(returned(order, UUID(int=2), (3, 1, "20.00")))) == [("reverse", -20)]
    assert await balances_of(database, ANNA) == (50, 0, 0)


async def test_K6_earn_and_return_a_hundred_times(database: Database, handle: Any, deliver: Deliver) -> None:
    next_id = ids(1000)
    for number in range(100):
        order = order_placed(ANNA, next_id(), ("A", f"{number}.37", 3), ("B", "0.50"), at=day(number))
        facts = [
            order,
            returned(order, next_id(), (1, 1, "0.11")),
            cancelled(order, (1, 2, f"{number}.26"), (2, 1, "0.50")),
        ]
        if number % 2:
            await deliver(database, subscriptions, facts, at=day(number))
        else:
            for fact in facts:
                await deliver(database, subscriptions, [fact], at=day(number))
    assert await balances_of(database, ANNA) == (0, 0, 0)
    assert await broken_invariants(database) == {}


async def test_K8_everything_heard_again_changes_nothing(database: Database, handle: Any) -> None:
    """Even if the inbox's marks were lost: settling posts differences, and there are none."""
    order, other = (order_placed(ANNA, UUID(int=n), ("A", "100.00", 2), at=day(n)) for n in (5, 6))
    facts: list[Event] = [
        CustomerReferenceRegistered(customer_id=ANNA, source="shop", registered_at=day(0)),
        CustomerRegistered(customer_id=ANNA, kind="person", registered_at=day(0)),
        order, returned(order, UUID(int=70), (1, 1, "50.00")), other, cancelled(other),
        tier_changed(ANNA, UUID(int=81), "silver", day(1), "first"), tier_changed(ANNA, UUID(int=82), "gold", day(5)),
        tier_changed(ANNA, UUID(int=83), "silver", day(5), "correction"), resolved(ANNA, UUID(int=90), 25),
    ]  # fmt: skip
    await handle(*facts)
    before = await balances_of(database, ANNA)
    assert before == (60 + 25, 0, 0)
    assert kinds(await handle(*facts)) == []
    assert await balances_of(database, ANNA) == before


async def test_K9_spent_points_of_a_returned_order_are_a_debt(database: Database, handle: Any) -> None:
    order = order_placed(ANNA, UUID(int=1), ("A", "100.00"))
    await handle(order)
    await database.run(lambda tx: redeem_points(tx, ANNA, 80, "agent-1", reference=None, reason=None), at=day(30))
    posted = (await handle(returned_whole(order, UUID(int=2))))[0]
    assert isinstance(posted, PointsPosted)
    assert (posted.points, posted.balance, posted.debt, posted.order_id) == (-100, 0, 80, order.order_id)
    await handle(order_placed(ANNA, UUID(int=3), ("A", "50.00")))
    assert await balances_of(database, ANNA) == (0, 0, 30)
    await handle(order_placed(ANNA, UUID(int=4), ("A", "50.00")))
    assert await balances_of(database, ANNA) == (20, 0, 0)


async def test_L2_a_tier_heard_late_posts_the_difference(database: Database, handle: Any) -> None:
    before, after = (order_placed(ANNA, UUID(int=n), ("A", "100.00"), at=day(n)) for n in (1, 3))
    assert kinds(await handle(before, after)) == [("earn", 100), ("earn", 100)]
    assert kinds(await handle(tier_changed(ANNA, UUID(int=9), "gold", day(2)))) == [("earn", 50)]
    late = order_placed(ANNA, UUID(int=4), ("A", "10.00"), at=day(2))
    assert kinds(await handle(late)) == [("earn", 15)]
    early = order_placed(ANNA, UUID(int=5), ("A", "10.00"), at=day(1.9))
    assert kinds(await handle(early)) == [("earn", 10)]


async def test_L2_two_changes_in_one_batch_reach_the_orders_of_both(database: Database, handle: Any) -> None:
    orders = [order_placed(ANNA, UUID(int=n), ("A", "100.00"), at=day(n)) for n in (1, 3, 5)]
    await handle(*orders)
    changes = tier_changed(ANNA, UUID(int=8), "gold", day(2)), tier_changed(ANNA, UUID(int=9), "platinum", day(4))
    assert kinds(await handle(*changes)) == [("earn", 50), ("earn", 100)]


async def test_K18_bonus_points_follow_the_correction(database: Database, handle: Any) -> None:
    great = order_placed(ANNA, UUID(int=1), ("A", "1000.00"), at=day(10))
    small = order_placed(ANNA, UUID(int=2), ("A", "10.00"), at=day(11))
    await handle(great, tier_changed(ANNA, UUID(int=8), "gold", day(10)), small)
    assert await balances_of(database, ANNA) == (1_515, 0, 0)
    await handle(returned_whole(great, UUID(int=3)))
    correction = tier_changed(ANNA, UUID(int=9), "silver", day(10), "correction", previous="gold")
    assert kinds(await handle(correction)) == [("reverse", -3)]
    assert await balances_of(database, ANNA) == (12, 0, 0)


async def test_L2_a_return_keeps_the_programme_the_order_was_recorded_under(database: Database, handle: Any) -> None:
    order = order_placed(ANNA, UUID(int=1), ("A", "100.00", 2), at=day(1))
    await handle(order)
    terms = {"base_rate": "2", "tiers": {}, "categories": {}, "bonuses": {}, "lifetime_months": 12}
    await put_in_force(database, day(2), terms)
    assert kinds(await handle(returned(order, UUID(int=2), (1, 1, "50.00")))) == [("reverse", -50)]
    assert kinds(await handle(order_placed(ANNA, UUID(int=3), ("A", "10.00"), at=day(3)))) == [("earn", 20)]


async def test_L2_an_order_that_earns_nothing_is_still_on_record(database: Database, handle: Any) -> None:
    order = order_placed(ANNA, UUID(int=1), ("A", "0.40"))
    assert kinds(await handle(order)) == []
    rows = await database.run(lambda tx: tx.raw.fetch("select posted, lots from order_points"))
    assert [tuple(row) for row in rows] == [(0, [])]


async def test_L2_a_return_without_its_order_is_refused(handle: Any) -> None:
    order = order_placed(ANNA, UUID(int=1), ("A", "10.00"))
    with pytest.raises(DomainError) as refused:
        await handle(returned_whole(order, UUID(int=2)))
    assert refused.value.code == "order_not_found"


async def test_L1_each_entry_is_announced_with_the_balances_after_it(database: Database, handle: Any) -> None:
    order = order_placed(ANNA, UUID(int=1), ("A", "10.00"), at=day(1))
    other = order_placed(BERT, UUID(int=2), ("A", "5.00"), at=day(2))
    again = order_placed(ANNA, UUID(int=3), ("A", "7.00"), at=day(3))
    events = [e for e in await handle(order, other, again) if isinstance(e, PointsPosted)]
    assert [(e.customer_id, e.kind, e.points, e.balance) for e in events] == [
        (ANNA, "earn", 10, 10), (ANNA, "earn", 7, 17), (BERT, "earn", 5, 5),
    ]  # fmt: skip
    rows = await database.run(
        lambda tx: tx.raw.fetch("select id, occurred_at, recorded_at from entry order by occurred_at")
    )
    assert [row["occurred_at"] for row in rows] == [day(1), day(2), day(3)]
    assert {row["recorded_at"] for row in rows} == {day(30)}
    assert {e.entry_id for e in events} == {row["id"] for row in rows}
