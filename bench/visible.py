"""B5: from the answer "accepted" until the tier can be seen, against a message's way to the broker and back."""

import asyncio
import time
from collections.abc import Iterator

import asyncpg
import httpx
import orjson

from bench import ground
from bench.load import order
from bench.result import Spoilt, Waits, percentiles
from deploy.embedded.system import System, database_of
from shared.http import new_client

SAMPLES, ROUNDS = 200, 3
LOOK_AGAIN, GIVE_UP = 0.0005, 10.0
SEEN = "select count(*) from standing where customer_id = $1 and tier is not null"


async def waits(gateway: str, key: str, url: str, run: str) -> list[float]:
    """Each sample is a new customer's first order, which gives a tier; looked for in tiering's own database."""
    tiering = await asyncpg.connect(url)
    look = await tiering.prepare(SEEN)
    waited = []
    async with new_client(gateway) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        for number in range(SAMPLES):
            body = order(f"{run}-{number}", f"{run}-{number}")
            answer = await client.post("/v1/orders", content=body, headers={"Content-Type": "application/json"})
            began = time.perf_counter()
            answer.raise_for_status()
            customer = orjson.loads(answer.content)["customer_id"]
            while not await look.fetchval(customer):
                if time.perf_counter() - began > GIVE_UP:
                    raise Spoilt(f"{run}-{number}: no tier after {GIVE_UP:.0f} s")
                await asyncio.sleep(LOOK_AGAIN)
            waited.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.005)
    await tiering.close()
    return waited


def measure_visible(made: System) -> Waits:
    (key,) = ground.partner_keys(made.gateway_url, 1)
    url = made.postgres.url(database_of("tiering"))
    ours, limit = [], []
    for turn in range(-1, ROUNDS):
        own = percentiles(asyncio.run(waits(made.gateway_url, key, url, f"B5{turn + 1}")))
        bare = percentiles(ground.program("bench.limits.round_trip", made.kafka, "patron.profile", SAMPLES)["waits"])
        if turn >= 0:
            ours.append(own)
            limit.append(bare)
    facts = ground.count(url, "select count(*) from order_fact")
    if facts != (ROUNDS + 1) * SAMPLES:
        raise Spoilt(f"B5: {(ROUNDS + 1) * SAMPLES} orders were accepted, tiering counts {facts}")
    return Waits("B5", "visible", tuple(ours), tuple(limit), (3.0, 5.0))


def measure(_: frozenset[str]) -> Iterator[Waits]:
    with ground.system("gateway", "tiering") as made:
        wait_until_heard(made)
        yield measure_visible(made)


def wait_until_heard(made: System) -> None:
    """Both services have begun to consume: a look at their status says so."""
    with httpx.Client(trust_env=False) as client:
        for _ in range(100):
            if all(client.get(f"{url}/readyz").is_success for url in made.urls.values()):
                return
            time.sleep(0.1)
