"""Lots expire once, at their own instants, by whichever replica (L1)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.loyalty_svc.adjustments.handlers import adjust_points
from services.loyalty_svc.expiry.handlers import expire_all_overdue, expire_batch
from services.loyalty_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests.loyalty_svc.builders import day, order_placed, resolved
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import (
    ANNA,
    BERT,
    Deliver,
    earn_points,
)

SERVICE = "loyalty"
FIRST_START = "insert into deployment (one_row, currency, time_zone, fixed_at) values (1, 'USD', $1, now())"
EXPIRED = "select points, occurred_at from entry where kind = 'expire' order by 2, 1"


async def test_L1_lots_expire_once_and_whoever_has_none_is_left_alone(database: Database, deliver: Deliver) -> None:
    await earn_points(database, deliver, "10.00", 0)
    await earn_points(database, deliver, "20.00", 5, order=2)
    await earn_points(database, deliver, "7.00", 5, BERT, order=3)
    end = day(0).replace(year=2028)
    assert await database.run(lambda tx: expire_batch(tx, end - timedelta(seconds=1)), at=end) == 0
    assert await database.run(lambda tx: expire_batch(tx, end), at=end) == 1
    assert await database.run(lambda tx: expire_batch(tx, end), at=end) == 0
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((20, 0, 0), (7, 0, 0))
    later = Database(database.url, clock=lambda: end + timedelta(days=6))
    await expire_all_overdue(later, asyncio.Event())
    await later.close()
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((0, 0, 0), (0, 0, 0))
    rows = await database.run(lambda tx: tx.raw.fetch(EXPIRED))
    ends = [end, end + timedelta(days=5), end + timedelta(days=5)]
    assert [tuple(row) for row in rows] == list(zip((-10, -20, -7), ends, strict=True))
    assert await broken_invariants(database) == {}


async def test_L1_points_of_orders_grants_and_adjustments_end_by_the_deployments_months(
    database: Database, deliver: Deliver
) -> None:
    """The first of March, half past midnight in Shanghai, is the last of February in UTC."""
    await database.run(lambda tx: tx.raw.execute(FIRST_START, "Asia/Shanghai"))
    shanghai = ZoneInfo("Asia/Shanghai")
    at = datetime(2026, 3, 1, 0, 30, tzinfo=shanghai).astimezone(UTC)
    order = order_placed(ANNA, UUID(int=1), ("A", "10.00"), at=at)
    grant = resolved(ANNA, UUID(int=2), 20).model_copy(update={"resolved_at": at})
    await deliver(database, subscriptions, [order, grant], at=at)
    await database.run(lambda tx: adjust_points(tx, ANNA, 30, "goodwill", "anna"), at=at)
    rows = await database.run(lambda tx: tx.raw.fetch("select points, expires_at from lot order by points"))
    end = datetime(2028, 3, 1, 0, 30, tzinfo=shanghai)
    assert [tuple(row) for row in rows] == [(10, end), (20, end), (30, end)]


async def test_L1_two_expiry_jobs_at_once_expire_each_lot_once(database: Database, deliver: Deliver) -> None:
    for number in range(12):
        await earn_points(database, deliver, "10.00", number, UUID(int=100 + number), order=number + 1)
    later = Database(database.url, clock=lambda: day(0).replace(year=2030))
    await asyncio.gather(*(expire_all_overdue(later, asyncio.Event()) for _ in range(4)))
    await later.close()
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from entry where kind = 'expire'")) == 12
    assert await broken_invariants(database) == {}
