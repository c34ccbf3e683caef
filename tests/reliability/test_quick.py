"""The quick tier: each named point once, on one service; Postgres; the broker; lost replies; poison. In `make test`."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded.service import SERVICES
from shared.messaging.faults import POINTS
from tests.reliability.load import order_body
from tests.reliability.whole import Whole

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

ROUNDS: dict[str, dict[str, str]] = {
    "going out": {
        "gateway": "outbox.before_commit",
        "tiering": "relay.before_send",
        "loyalty": "relay.after_send",
        "profile": "relay.after_mark",
    },
    "coming in": {
        "profile": "consumer.before_apply",
        "tiering": "consumer.before_commit",
        "loyalty": "consumer.after_commit",
        "complaint": "consumer.after_offsets",
    },
    "later": {"loyalty": "timer.before_commit", "complaint": "timer.after_commit"},
}


OF_AN_ERASURE = {"profile": "erasure.before_commit", "loyalty": "erasure.before_receipt"}
# Points that no order comes by, so that load would show nothing more: jobs and uploads of profile, and the sealer. In
# tests of their own a process is killed there, row by row and byte by byte.
TESTS = Path(__file__).parents[1]
JOBS = TESTS / "profile_svc" / "imports" / "test_killed_jobs.py"
KILLED_IN = {
    **dict.fromkeys(("imports.before_commit", "imports.after_commit", "exports.after_part", "files.after_put"), JOBS),
    "files.before_complete": TESTS / "profile_svc" / "imports" / "test_killed_uploads.py",
    "sealer.before_commit": TESTS / "shared" / "chassis" / "audit" / "test_sealed_trail.py",
}


def test_every_named_point_is_killed_at() -> None:
    armed = [point for faults in (*ROUNDS.values(), OF_AN_ERASURE) for point in faults.values()]
    assert sorted((*armed, *KILLED_IN)) == sorted(POINTS)


@pytest.mark.parametrize("point", KILLED_IN)
def test_a_point_that_no_order_comes_by_is_killed_at_in_a_test_of_its_own(point: str) -> None:
    assert f'"{point}:' in KILLED_IN[point].read_text()


@pytest.mark.parametrize("title", ROUNDS)
async def test_kill_9_at_named_points_under_load_loses_and_doubles_nothing(whole: Whole, title: str) -> None:
    for service, point in ROUNDS[title].items():
        await whole.arm(service, point, passes=1 if title == "later" else 2)  # what is due together fires at once
    await whole.load.send(60)
    for i, answer in enumerate(list(whole.load.orders.values())[:4]):
        await whole.load.hold_briefly(answer["customer_id"], f"{whole.load.name}-{i}")
    await whole.all_fired()
    await whole.invariants_hold()


async def test_P13_kill_9_in_an_erasure_ends_it_after_the_restart_once(whole: Whole) -> None:
    order = await whole.load.http.post("/v1/orders", json=order_body(f"{whole.load.name}-erased", "erased", 1))
    customer = order.json()["customer_id"]
    for service, point in OF_AN_ERASURE.items():
        await whole.arm(service, point)
    await asyncio.to_thread(whole.bring_everything_up)
    answer = await whole.load.until_answered(
        lambda: whole.load.http.delete(f"/v1/customers/{customer}", params={"reason": "asked_by_person"})
    )
    assert answer.status_code == 202, answer.text
    await whole.all_fired()
    await asyncio.to_thread(whole.bring_everything_up)
    loop = asyncio.get_running_loop()
    until = loop.time() + 60
    while (erasure := await _erasure(whole, answer.json()["id"]))["status"] != "done":
        assert loop.time() < until, erasure
        await asyncio.sleep(0.2)
    assert len(erasure["receipts"]) == len({receipt["service"] for receipt in erasure["receipts"]}) == len(SERVICES)
    await whole.invariants_hold()


async def _erasure(whole: Whole, id: str) -> dict[str, Any]:
    answer = await whole.load.until_answered(lambda: whole.load.http.get(f"/v1/erasures/{id}"))
    erasure: dict[str, Any] = answer.json()
    return erasure


async def test_kill_9_of_postgres_under_load_loses_and_doubles_nothing(whole: Whole) -> None:
    sending = asyncio.create_task(whole.load.send(120))
    await whole.load.accepted(30)  # in full swing
    await whole.kill("postgres")
    await whole.start("postgres")
    await sending
    await whole.invariants_hold()


async def test_a_broker_that_forgets_everything_under_load_loses_nothing(whole: Whole) -> None:
    sending = asyncio.create_task(whole.load.send(120))
    await whole.load.accepted(30)
    await whole.kill("broker")
    await whole.start("broker")
    await sending
    await whole.invariants_hold()


async def test_a_lost_reply_is_asked_for_again_and_is_the_same(whole: Whole) -> None:
    """The caller hangs up before the answer, and sends the order again: one order, one answer."""
    bodies = [order_body(f"{whole.load.name}-{i}", f"{whole.load.name}-{i % 3}", i) for i in range(20)]
    for body in bodies:
        hasty = asyncio.create_task(whole.load.http.post("/v1/orders", json=body))
        await asyncio.sleep(0.002)
        hasty.cancel()
        answers = await asyncio.gather(*(whole.load.http.post("/v1/orders", json=body) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        whole.load.orders[body["order_id"]] = answers[0].json()
    await whole.invariants_hold()
