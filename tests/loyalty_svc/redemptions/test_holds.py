"""Points set aside: each hold ends once, captured, released or expired (L1, K5)."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx

from services.loyalty_svc.redemptions.handlers import (
    HOLD_ENDS,
    capture_hold,
    place_hold,
    release_hold,
    when_holds_end_release_them,
)
from services.loyalty_svc.subscriptions import timers
from shared.messaging import Database, Timer, Transaction
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.builders import day
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, POINTS, Deliver, Earn, earn_points, outcome_of, post, problem_of

SERVICE = "loyalty"


async def test_L1_a_hold_is_captured_in_part_and_the_rest_is_free(
    client: httpx.AsyncClient, database: Database, earn: Earn
) -> None:
    await earn("100.00")
    hold = (await post(client, f"{POINTS}/holds", {"points": 80, "reference": "booking 5"})).json()
    assert (hold["state"], hold["points"], hold["reference"]) == ("open", 80, "booking 5")
    assert await balances_of(database, ANNA) == (20, 80, 0)
    assert problem_of(await post(client, f"/v1/holds/{hold['id']}/capture", {"points": 81})) == (
        422,
        "points_out_of_range",
    )
    captured = await post(client, f"/v1/holds/{hold['id']}/capture", {"points": 50})
    assert (captured.status_code, captured.json()["state"], captured.json()["captured"]) == (201, "captured", 50)
    assert await balances_of(database, ANNA) == (50, 0, 0)
    for step in ("capture", "release"):
        assert problem_of(await post(client, f"/v1/holds/{hold['id']}/{step}")) == (409, "hold_not_open")
    assert (await client.get(f"/v1/holds/{hold['id']}")).json() == captured.json()
    assert (await client.get(f"{POINTS}/holds", params={"state": "open"})).json()["items"] == []
    spent = (await client.get(f"{POINTS}/entries")).json()["items"][1]
    assert spent["kind"] == "capture"
    assert (await post(client, f"{POINTS}/redemptions/{spent['id']}/reversal")).json()["points"] == 50
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_ends_in_the_future(client: httpx.AsyncClient, earn: Earn) -> None:
    await earn("100.00")
    past = (system_clock() - timedelta(minutes=1)).isoformat()
    answer = await post(client, f"{POINTS}/holds", {"points": 10, "expires_at": past})
    assert problem_of(answer) == (422, "already_over")


async def test_K5_six_holds_at_once_on_five_thousand(database: Database, deliver: Deliver) -> None:
    await earn_points(database, deliver, "5000.00", 0)

    async def place() -> str:
        return await outcome_of(
            database.run(lambda tx: place_hold(tx, ANNA, 1_000, day(9), "agent-1", reference=None), at=day(1))
        )

    outcomes = await asyncio.gather(*(place() for _ in range(6)))
    assert sorted(outcomes) == ["done"] * 5 + ["not_enough_points"]
    assert await balances_of(database, ANNA) == (0, 5_000, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_nobody_ended_is_released_by_its_timer(database: Database, deliver: Deliver) -> None:
    await earn_points(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    assert await timers.fire_due(database, until=day(2)) == 0
    assert await timers.fire_due(database, until=day(3)) == 1
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await outcome_of(database.run(lambda tx: capture_hold(tx, hold.id, None, "agent-1"))) == "hold_not_open"
    state = await database.run(lambda tx: tx.raw.fetchval("select state from hold"))
    assert state == "expired"
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_is_over_at_its_end_whether_or_not_its_timer_came_first(
    database: Database, deliver: Deliver
) -> None:
    """After an outage the timer is late: what a capture is told must not depend on who is faster."""
    await earn_points(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    for at in (day(3), day(3.5)):
        late = database.run(lambda tx: capture_hold(tx, hold.id, 20, "agent-1"), at=at)
        assert await outcome_of(late) == "hold_not_open"
        assert await balances_of(database, ANNA) == (40, 60, 0)
    assert await timers.fire_due(database, until=day(4)) == 1  # the refused requests did not cancel it
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_can_be_captured_until_its_end(database: Database, deliver: Deliver) -> None:
    await earn_points(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    last = day(3) - timedelta(microseconds=1)
    assert await outcome_of(database.run(lambda tx: capture_hold(tx, hold.id, 60, "agent-1"), at=last)) == "done"
    assert await balances_of(database, ANNA) == (40, 0, 0)


async def test_L1_a_hold_released_by_hand_after_its_end_gives_its_points_back_once(
    database: Database, deliver: Deliver
) -> None:
    await earn_points(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    assert await outcome_of(database.run(lambda tx: release_hold(tx, hold.id, "agent-1"), at=day(4))) == "done"
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await timers.fire_due(database, until=day(9)) == 0
    assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_a_hold_that_ended_has_no_timer_left(database: Database, deliver: Deliver) -> None:
    await earn_points(database, deliver, "100.00", 0)
    hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
    await database.run(lambda tx: capture_hold(tx, hold.id, 20, "agent-1"), at=day(2))
    assert await timers.fire_due(database, until=day(9)) == 0
    assert await balances_of(database, ANNA) == (80, 0, 0)


async def test_L1_timer_capture_and_release_at_once_end_a_hold_once(database: Database, deliver: Deliver) -> None:
    await earn_points(database, deliver, "100.00", 0)
    for _ in range(8):
        hold = await database.run(lambda tx: place_hold(tx, ANNA, 60, day(3), "agent-1", reference=None), at=day(1))
        await asyncio.gather(
            timers.fire_due(database, until=day(4)),
            outcome_of(database.run(lambda tx, hold=hold: release_hold(tx, hold.id, "agent-1"))),
            outcome_of(database.run(lambda tx, hold=hold: release_hold(tx, hold.id, "agent-2"))),
        )
        assert await balances_of(database, ANNA) == (100, 0, 0)
    assert await broken_invariants(database) == {}


async def test_L1_holds_that_end_together_are_released_together(database: Database, deliver: Deliver) -> None:
    """So many statements, however many they are; each entry has its own hold and its hold's end."""
    customers = [UUID(int=number) for number in range(1, 21)]
    for number, customer in enumerate(customers):
        await earn_points(database, deliver, "100.00", 0, customer=customer, order=1000 + number)

    async def hold_all(tx: Transaction) -> list[Timer]:
        due = []
        for customer in customers:
            for points in (60, 30):
                hold = await place_hold(tx, customer, points, day(3), "agent-1", reference=None)
                due.append(Timer(str(hold.id), HOLD_ENDS, 1, hold.expires_at))
        return due

    due = await database.run(hold_all, at=day(1))

    async def release(tx: Transaction, some: list[Timer]) -> int:
        statements: list[Any] = []
        with tx.raw.query_logger(statements.append):
            await when_holds_end_release_them(tx, some)
        return len(statements)

    of_two = await database.run(partial(release, some=due[:2]), at=day(4))
    assert await database.run(partial(release, some=due[2:]), at=day(4)) == of_two
    for customer in customers:
        assert await balances_of(database, customer) == (100, 0, 0)
    released = await database.run(
        lambda tx: tx.raw.fetch("select hold_id, occurred_at from entry where kind = 'release'")
    )
    assert {str(row["hold_id"]) for row in released} == {timer.aggregate for timer in due}
    assert {row["occurred_at"] for row in released} == {day(3)}
    assert await timers.fire_due(database, until=day(9)) == len(due)  # they find nothing open
    assert await broken_invariants(database) == {}
