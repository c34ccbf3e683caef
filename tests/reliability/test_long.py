"""The long tier (`make chaos`): every service at every named point it passes, and storms of kills, all under load."""

import asyncio
import random

import pytest

from tests.reliability.whole import Whole

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

OUT = ("outbox.before_commit", "relay.before_send", "relay.after_send", "relay.after_mark")
IN = ("consumer.before_apply", "consumer.before_commit", "consumer.after_commit", "consumer.after_offsets")
LATER = ("timer.before_commit", "timer.after_commit")
TIMED = ("loyalty", "complaint", "tiering")  # the services that have timers

CASES = [
    *((service, point) for service in ("gateway", "profile", "tiering", "loyalty", "complaint") for point in OUT + IN),
    *((service, point) for service in TIMED for point in LATER),
]


@pytest.mark.parametrize(("service", "point"), CASES)
async def test_kill_9_of_every_service_at_every_point(whole: Whole, service: str, point: str) -> None:
    passes = (
        1 if point in LATER else random.Random(service + point).randrange(1, 4)
    )  # what is due together fires at once
    await whole.arm(service, point, passes=passes)
    sending = asyncio.create_task(whole.load.send(80))
    if point in LATER:
        await sending
        for i, answer in enumerate(list(whole.load.orders.values())[:4]):
            await whole.load.hold_briefly(answer["customer_id"], f"{whole.load.name}-{i}")
            await whole.load.override_briefly(answer["customer_id"], f"{whole.load.name}-{i}")
    await whole.all_fired()
    await sending
    await whole.invariants_hold()


@pytest.mark.parametrize("seed", range(4))
async def test_a_storm_of_kills_under_load(whole: Whole, seed: int) -> None:
    """Any part, at any moment, again and again: processes, Postgres and the broker."""
    rng = random.Random(seed)
    sending = asyncio.create_task(whole.load.send(400))
    for _ in range(6):
        await asyncio.sleep(rng.uniform(0.2, 1.5))
        victim = rng.choice(list(whole.system.parts))
        await whole.kill(victim)
        await asyncio.sleep(rng.uniform(0, 0.5))
        await whole.start(victim)
    await sending
    await whole.invariants_hold()


async def test_postgres_and_the_broker_go_at_once(whole: Whole) -> None:
    sending = asyncio.create_task(whole.load.send(200))
    await asyncio.sleep(1)
    await asyncio.gather(whole.kill("postgres"), whole.kill("broker"))
    await whole.start("postgres")
    await whole.start("broker")
    await sending
    await whole.invariants_hold()


async def test_every_service_goes_at_once(whole: Whole) -> None:
    sending = asyncio.create_task(whole.load.send(200))
    await asyncio.sleep(1)
    for name in list(whole.system.services):
        await whole.kill(name)
    for name in list(whole.system.services):
        await whole.start(name)
    await sending
    await whole.invariants_hold()
