"""What time does to points, and what happens when many ask at once (L1, K5)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.loyalty_svc.adjustments.handlers import adjust_points
from services.loyalty_svc.expiry.handlers import expire_all_due, expire_due
from services.loyalty_svc.ledger.repository import wallets
from services.loyalty_svc.redemptions.handlers import capture_hold, place_hold, redeem_points, release_hold
from services.loyalty_svc.subscriptions import subscriptions, timers
from services.loyalty_svc.tables import metadata
from shared.errors import DomainError
from shared.messaging import Database
from tests.loyalty.invariants import balances_of, broken_invariants
from tests.loyalty.makers import day, order_placed, resolved, returned_whole

SERVICE = "loyalty"
ANNA, BERT = UUID(int=0xA), UUID(int=0xB)

Deliver = Callable[..., Awaitable[Any]]
REDEEMED = "select -coalesce(sum(points), 0) from entry where kind = 'redeem'"
FIRST_START = "insert into deployment (one_row, currency, time_zone, fixed_at) values (1, 'USD', $1, now())"
EXPIRED = "select points, occurred_at from entry where kind = 'expire' order by 2, 1"


async def earn(
    database: Database, deliver: Deliver, amount: str, at: float, customer: UUID = ANNA, order: int = 1
) -> Any:
    fact = order_placed(customer, UUID(int=order), ("A", amount), at=day(at))
    await deliver(database, subscriptions, [fact], at=day(at))
    return fact


async def outcome(work: Awaitable[Any]) -> str:
    try:
        await work
    except DomainError as refused:
        return refused.code
    return "done"


async def test_K5_six_holds_at_once_on_five_thousand(database: Database, deliver: Deliver) -> None:
    await earn(database, deliver, "5000.00", 0)

    async def one() -> str:
        return await outcome(
            database.run(lambda tx: place_hold(tx, ANNA, 1_000, day(9), "agent-1", reference=None), at=day(1))
        )

    outcomes = await asyncio.gather(*(one() for _ in range(6)))
    assert sorted(outcomes) == ["done"] * 5 + ["not_enough_points"]
    assert await balances_of(database, ANNA) == (0, 5_000, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_crowd_of_redemptions_returns_and_orders_keeps_every_invariant(
    database: Database, deliver: Deliver
) -> None:
    first = await earn(database, deliver, "500.00", 0)

    async def redeem(points: int) -> str:
        return await outcome(
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


async def test_L1_lots_expire_once_and_whoever_has_none_is_left_alone(database: Database, deliver: Deliver) -> None:
    await earn(database, deliver, "10.00", 0)
    await earn(database, deliver, "20.00", 5, order=2)
    await earn(database, deliver, "7.00", 5, BERT, order=3)
    end = day(0).replace(year=2028)
    assert await database.run(lambda tx: expire_due(tx, end - timedelta(seconds=1)), at=end) == 0
    assert await database.run(lambda tx: expire_due(tx, end), at=end) == 1
    assert await database.run(lambda tx: expire_due(tx, end), at=end) == 0
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((20, 0, 0), (7, 0, 0))
    later = Database(database.url, clock=lambda: end + timedelta(days=6))
    await expire_all_due(later, asyncio.Event())
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
    await database.run(lambda tx: adjust_points(tx, ANNA, 30, "goodwill", "anna", limit=100), at=at)
    rows = await database.run(lambda tx: tx.raw.fetch("select points, expires_at from lot order by points"))
    end = datetime(2028, 3, 1, 0, 30, tzinfo=shanghai)
    assert [tuple(row) for row in rows] == [(10, end), (20, end), (30, end)]


async def test_L1_two_expiry_jobs_at_once_expire_each_lot_once(database: Database, deliver: Deliver) -> None:
    for number in range(12):
        await earn(database, deliver, "10.00", number, UUID(int=100 + number), order=number + 1)
    later = Database(database.url, clock=lambda: day(0).replace(year=2030))
    await asyncio.gather(*(expire_all_due(later, asyncio.Event()) for _ in range(4)))
    await later.close()
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from entry where kind = 'expire'")) == 12
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_nobody_ended_is_released_by_its_timer(database: Database, deliver: Deliver) -> None:
    await earn(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    assert await timers.fire_due(database, until=day(2)) == 0
    assert await timers.fire_due(database, until=day(3)) == 1
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await outcome(database.run(lambda tx: capture_hold(tx, hold.id, None, "agent-1"))) == "hold_not_open"
    state = await database.run(lambda tx: tx.raw.fetchval("select state from hold"))
    assert state == "expired"
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_is_over_at_its_end_whether_or_not_its_timer_came_first(
    database: Database, deliver: Deliver
) -> None:
    """After an outage the timer is late: what a capture is told must not depend on who is faster."""
    await earn(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    for at in (day(3), day(3.5)):
        late = database.run(lambda tx: capture_hold(tx, hold.id, 20, "agent-1"), at=at)
        assert await outcome(late) == "hold_not_open"
        assert await balances_of(database, ANNA) == (40, 60, 0)
    assert await timers.fire_due(database, until=day(4)) == 1  # the refused requests did not cancel it
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_can_be_captured_until_its_end(database: Database, deliver: Deliver) -> None:
    await earn(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    last = day(3) - timedelta(microseconds=1)
    assert await outcome(database.run(lambda tx: capture_hold(tx, hold.id, 60, "agent-1"), at=last)) == "done"
    assert await balances_of(database, ANNA) == (40, 0, 0)


async def test_L1_a_hold_released_by_hand_after_its_end_gives_its_points_back_once(
    database: Database, deliver: Deliver
) -> None:
    await earn(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    assert await outcome(database.run(lambda tx: release_hold(tx, hold.id, "agent-1"), at=day(4))) == "done"
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await timers.fire_due(database, until=day(9)) == 0
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_that_ended_has_no_timer_left(database: Database, deliver: Deliver) -> None:
    await earn(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    await database.run(lambda tx: capture_hold(tx, hold.id, 20, "agent-1"), at=day(2))
    assert await timers.fire_due(database, until=day(9)) == 0
    assert await balances_of(database, ANNA) == (80, 0, 0)


async def test_L1_timer_capture_and_release_at_once_end_a_hold_once(database: Database, deliver: Deliver) -> None:
    await earn(database, deliver, "100.00", 0)
    for _ in range(8):
        hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
        await asyncio.gather(
            timers.fire_due(database, until=day(4)),
            outcome(database.run(lambda tx, hold=hold: release_hold(tx, hold.id, "agent-1"))),
            outcome(database.run(lambda tx, hold=hold: release_hold(tx, hold.id, "agent-2"))),
        )
        assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_the_database_refuses_what_is_not_balanced_and_any_change_of_the_ledger(
    database: Database, deliver: Deliver
) -> None:
    await earn(database, deliver, "100.00", 0)
    for statement in (
        f"insert into posting values (gen_random_uuid(), 'available', '{ANNA}', 5)",
        "update posting set points = points * 2",
        "delete from posting",
        "update entry set points = 7",
        "delete from entry",
        "update account set available = -1",
        "update account set debt = 5",
        "update lot set remaining = points + 1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await database.run(lambda tx, statement=statement: tx.raw.execute(statement))  # type: ignore[misc]


async def test_L1_tables_are_what_the_migration_made(database: Database) -> None:
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            "select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'"
        )
    )
    made = {(row["table_name"], row["column_name"], row["is_nullable"] == "YES") for row in rows}
    said = {(t.name, c.name, bool(c.nullable)) for t in metadata.sorted_tables for c in t.columns}
    names = {table.name for table in metadata.sorted_tables}
    assert {row for row in made if row[0] in names} == said


async def test_L1_only_the_lots_that_can_be_needed_are_loaded(database: Database, deliver: Deliver) -> None:
    for number in range(10):
        await earn(database, deliver, "10.00", number, order=number + 1)

    async def load(tx: Any) -> list[int]:
        purse = await wallets.load_wallet(tx, ANNA)
        await wallets.load_first_lots(tx, {ANNA: purse}, {ANNA: 25})
        return [lot.remaining for lot in purse.lots.values()]

    assert await database.run(load, at=day(20)) == [10, 10, 10]
