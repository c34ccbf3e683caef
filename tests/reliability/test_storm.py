"""Storms of kill -9 in bursts, against books that are kept apart: nothing lost, nothing doubled, nothing stuck."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import System, scratch_data_dir
from tests.reliability.books import Account, Books
from tests.reliability.storm import STEPS, Callers, Outage, differences, storm, watch_the_gateway
from tests.reliability.whole import Whole

pytestmark = pytest.mark.timeout(5400)

STATUS = {
    "filed": "received", "acknowledgement": "acknowledged", "judgement": "judged_valid", "proposals": "proposed",
    "acceptance": "accepted", "resolution": "resolved",
}  # fmt: skip


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[System]:
    """A system of its own, whose watch brings back whatever ends."""
    env = {"PATRON_LOG_LEVEL": "WARNING", "PATRON_REPLAY_GRACE_SECONDS": "1"}
    with scratch_data_dir() as folder:
        system = System(folder, env=env, say=print)
        await asyncio.to_thread(system.start)
        try:
            yield system
        finally:
            await asyncio.to_thread(system.stop)


@pytest.mark.chaos
async def test_500_kills_in_bursts_lose_double_and_stick_nothing(watched: System, tmp_path: Path) -> None:
    await hold_a_storm(watched, tmp_path, kills=500, seed=1)


@pytest.mark.chaos
async def test_a_burst_over_all_parts(watched: System, tmp_path: Path) -> None:
    """The short form: every kind of part once or so, to try a change with."""
    await hold_a_storm(watched, tmp_path, kills=8, seed=2)


async def hold_a_storm(system: System, tmp_path: Path, *, kills: int, seed: int) -> None:
    whole, books = Whole(system, f"storm{seed}", tmp_path), Books()
    await whole.load.close()
    callers = whole.load = Callers(system.gateway_url, f"storm{seed}", books, customers=40, seed=seed)
    outage, over = Outage(), asyncio.Event()
    await callers.sign_in()
    watching = asyncio.create_task(watch_the_gateway(system.gateway_url, outage, over))
    working = asyncio.create_task(callers.work(lanes=4))
    storming = asyncio.create_task(storm(system, callers, kills, random.Random(seed)))
    await asyncio.wait({working, storming}, return_when=asyncio.FIRST_COMPLETED)
    callers.resting.set()
    if working.done():  # with what it was refused: nobody is answered any more, so the storm would wait in vain
        storming.cancel()
        await working
    killed = await storming
    await working
    over.set()
    await watching
    await whole.invariants_hold()
    faults = await compare(books, callers)
    print(f"ATTACK storm {json.dumps(figures(books, callers, killed, outage))}")
    assert faults == []
    assert outage.longest < 60, "the watch did not bring the gateway back"
    await callers.close()


def figures(books: Books, callers: Callers, killed: list[str], outage: Outage) -> dict[str, Any]:
    accounts = books.accounts.values()
    return {
        "kills": len(killed), "by_part": dict(Counter(killed)), "orders": len(callers.orders),
        "returns": sum(len(account.returns) for account in accounts),
        "cases": sum(len(account.cases) for account in accounts),
        "receivables": sum(len(account.owed) for account in accounts),
        "sent_again": callers.resent, "longest_outage_of_the_gateway_seconds": round(outage.longest, 1),
    }  # fmt: skip


async def compare(books: Books, callers: Callers) -> list[str]:
    """What the gateway says of each customer, against the books; an empty list is what is wanted."""
    faults: list[str] = []
    for customer, account in books.accounts.items():
        faults += [f"{customer}: {fault}" for fault in await compare_account(callers, customer, account)]
    return faults


async def compare_account(callers: Callers, customer: str, account: Account) -> list[str]:
    path = f"/v1/customers/{customer}"
    orders = {order["order_id"]: order["id"] for order in await pages(callers, f"{path}/orders")}
    overview = await ask(callers, f"{path}/overview")
    history = [
        (datetime.fromisoformat(row["effective_from"]), row["tier"])
        for row in (await ask(callers, f"{path}/tier/history"))["items"]
    ]
    points = await ask(callers, f"{path}/points")
    settled = 10 * sum("resolution" in steps for steps in account.cases.values())
    shown = overview["orders"]
    faults = [
        *differences({name: order.id for name, order in account.orders.items()}, orders, "orders"),
        *differences(len(account.orders), shown["count"], "orders counted"),
        *differences(account.revenue, Decimal(shown["revenue"]), "revenue"),
        *differences(len(account.returns), shown["returns"], "returns counted"),
        *differences(sorted(account.history()), sorted(history), "tier history"),
        *differences(account.history()[-1][1], overview["tier"]["tier"], "tier"),
        *differences(account.points() + settled, points["balance"] - points["debt"], "points"),
        *differences(account.outstanding, Decimal(overview["receivables"]["outstanding"]), "outstanding"),
    ]
    return faults + await compare_cases(callers, customer, account)


async def compare_cases(callers: Callers, customer: str, account: Account) -> list[str]:
    listed = await pages(callers, "/v1/complaints", customer_id=customer)
    faults = [*differences(sorted(account.cases), sorted(case["id"] for case in listed), "cases")]
    for case in listed:
        steps = account.cases.get(case["id"], {"filed"})
        last = max(steps, key=STEPS.index)
        faults += differences(STATUS[last], case["status"], f"case {case['id']}")
        detail = await ask(callers, f"/v1/complaints/{case['id']}")
        stages = {deadline["stage"]: deadline["state"] for deadline in detail["deadlines"]}
        if "acknowledgement" in steps:
            faults += differences("met", stages["acknowledgement"], f"case {case['id']}, acknowledgement")
        else:
            faults += differences("running", stages["acknowledgement"], f"case {case['id']}, acknowledgement")
    return faults


async def ask(callers: Callers, path: str, **query: str) -> Any:
    answer = await callers.until_answered(lambda: callers.http.get(path, params=query))
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
    return answer.json()


async def pages(callers: Callers, path: str, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await ask(callers, path, **query, **cursor)
        items += page["items"]
        if not page.get("next"):
            return items
        cursor = {"cursor": page["next"]}
