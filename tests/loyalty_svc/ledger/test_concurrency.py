"""Many movements of one customer at once keep every invariant (L1)."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from services.loyalty_svc.redemptions.handlers import redeem_points
from services.loyalty_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests.loyalty_svc.builders import day, order_placed, returned_whole
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import (
    ANNA,
    Deliver,
    earn_points,
    outcome_of,
)

SERVICE = "loyalty"
REDEEMED = "select -coalesce(sum(points), 0) from entry where kind = 'redeem'"


async def test_L1_a_crowd_of_redemptions_returns_and_orders_keeps_every_invariant(
    database: Database, deliver: Deliver
) -> None:
    first = await earn_points(database, deliver, "500.00", 0)

    async def redeem(points: int) -> str:
        return await outcome_of(
            database.run(lambda tx: redeem_points(tx, ANNA, points, "agent-1", reference=None, reason=None), at=day(5))
        )

    more = [order_placed(ANNA, UUID(int=50 + n), ("A", f"{n}.00"), at=day(4)) for n in range(1, 9)]
    back = returned_whole(first, UUID(int=3))
    work: list[Awaitable[Any]] = [redeem(60) for _ in range(10)]
    work += [deliver(database, subscriptions, more), deliver(database, subscriptions, [back])]
    await asyncio.gather(*work)
    available, _, debt = await balances_of(database, ANNA)
    redeemed = await database.run(lambda tx: tx.raw.fetchval(REDEEMED))
    assert available - debt == 36 - redeemed
    assert await broken_invariants(database) == {}
