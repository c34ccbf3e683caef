"""What a case granted goes to whom the case turns out to be of, once, in any order of the facts (C1, K9, L2)."""

from itertools import permutations
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import Event, SettlementWithdrawn
from shared.messaging import Database
from tests.loyalty_svc.builders import day, identified, order_placed, resolved
from tests.loyalty_svc.invariants import balances_of
from tests.loyalty_svc.settlements.test_settlements import EMPTY
from tests.loyalty_svc.support import ANNA, BERT, Deliver, kinds, post

SERVICE = "loyalty"
CARL = UUID(int=0xC)
FIRST, LAST = UUID(int=5), UUID(int=6)


async def test_C1_points_move_once_to_the_customer_the_case_is_of(database: Database, handle: Any) -> None:
    assert kinds(await handle(resolved(ANNA, FIRST, 50, step=5))) == [("grant", 50)]
    moved = identified(BERT, step=6)
    events = await handle(moved)
    assert kinds(events) == [("withdraw", -50), ("grant", 50)]
    [withdrawn] = [event for event in events if isinstance(event, SettlementWithdrawn)]
    assert (withdrawn.customer_id, withdrawn.resolution_id, withdrawn.points) == (ANNA, FIRST, 50)
    assert kinds(await handle(moved, resolved(ANNA, FIRST, 50, step=5))) == []
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((0, 0, 0), (50, 0, 0))
    lots = await database.run(lambda tx: tx.raw.fetch("select earned_at, expires_at from lot order by customer_id"))
    assert lots[0] == lots[1]  # they live as long as they would have lived


async def test_K9_what_the_former_customer_spent_of_them_is_its_debt(
    database: Database, handle: Any, client: httpx.AsyncClient
) -> None:
    await handle(resolved(ANNA, FIRST, 50, step=5), order_placed(ANNA, UUID(int=1), ("A", "10.00"), at=day(3)))
    assert (await post(client, f"/v1/customers/{ANNA}/points/redemptions", {"points": 40})).status_code == 201
    await handle(identified(BERT, step=6))
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((0, 0, 30), (50, 0, 0))


FACTS: dict[str, list[Event]] = {
    "there-and-back": [resolved(ANNA, FIRST, 50, step=5), identified(BERT, step=6), identified(ANNA, step=8)],
    "on-and-on": [
        resolved(None, FIRST, 50, step=5), identified(BERT, step=6), identified(ANNA, step=8), identified(CARL, step=9)
    ],
    "resolved-in-between": [
        identified(ANNA, step=3), resolved(ANNA, FIRST, 50, step=5), identified(BERT, step=6),
        resolved(BERT, LAST, 7, step=9),
    ],
}  # fmt: skip
HOLDERS = {
    "there-and-back": {ANNA: 50, BERT: 0},
    "on-and-on": {ANNA: 0, BERT: 0, CARL: 50},
    "resolved-in-between": {ANNA: 0, BERT: 57},
}


@pytest.mark.parametrize("name", FACTS)
async def test_C1_any_order_of_the_facts_ends_with_the_same_customer(
    database: Database, handle: Any, deliver: Deliver, name: str
) -> None:
    for order in permutations(FACTS[name]):
        await database.run(lambda tx: tx.raw.execute(EMPTY))
        for fact in order:
            await handle(fact)
        await handle(*order)
        for customer, points in HOLDERS[name].items():
            held = await database.run(
                lambda tx, c=customer: tx.raw.fetchval(  # type: ignore[misc]
                    "select coalesce(sum(available - debt), 0) from wallet where customer_id = $1", c
                )
            )
            assert held == points, (name, [type(fact).__name__ for fact in order], customer)


async def test_C5_a_settlement_that_waits_is_approved_for_the_customer_the_case_is_of(
    database: Database, handle: Any, client: httpx.AsyncClient, deliver: Deliver
) -> None:
    await handle(resolved(ANNA, FIRST, 5_000_000, step=5), identified(BERT, step=6))
    assert await balances_of(database, ANNA) == (0, 0, 0)
    answer = await post(client, f"/v1/adjustments/{FIRST}/approval")
    assert answer.status_code == 201, answer.text
    assert (await balances_of(database, BERT))[0] == 5_000_000
    await deliver(database, subscriptions, [identified(ANNA, step=7)])
    assert (await balances_of(database, ANNA))[0] == 5_000_000
