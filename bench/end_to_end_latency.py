"""B5: from the answer "accepted" until the tier can be seen, against a row's way over the broker to another table."""

import asyncio
import time
from collections.abc import Iterator

import asyncpg
import httpx
import orjson

from bench import environment
from bench.load import order
from bench.result import InvalidRun, Latencies, percentiles
from deploy.embedded.databases import database_of
from deploy.embedded.system import System
from shared.http import new_client

SAMPLES, ROUNDS = 200, 3
POLL_SECONDS, GIVE_UP_SECONDS = 0.0005, 10.0
TIER_VISIBLE = "select count(*) from standing where customer_id = $1 and tier is not null"


async def measure_orders(gateway: str, key: str, url: str, run: str) -> list[float]:
    """Milliseconds from the answer until the tier is visible, of each sample.

    A sample is a new customer's first order, which gives a tier; looked for in tiering's own database at `url`.
    """
    tiering = await asyncpg.connect(url)
    query = await tiering.prepare(TIER_VISIBLE)
    milliseconds = []
    async with new_client(gateway) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        for number in range(SAMPLES):
            body = order(f"{run}-{number}", f"{run}-{number}")
            answer = await client.post("/v1/orders", content=body, headers={"Content-Type": "application/json"})
            began = time.perf_counter()
            answer.raise_for_status()
            customer = orjson.loads(answer.content)["customer_id"]
            while not await query.fetchval(customer):
                if time.perf_counter() - began > GIVE_UP_SECONDS:
                    raise InvalidRun(f"{run}-{number}: no tier after {GIVE_UP_SECONDS:.0f} s")
                await asyncio.sleep(POLL_SECONDS)
            milliseconds.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.005)
    await tiering.close()
    return milliseconds


def measure_latency(system: System) -> Latencies:
    (key,) = environment.partner_keys(system.gateway_url, 1)
    url = system.postgres.url(database_of("tiering"))
    system.postgres.create_database("limit_latency")
    patron, limit = [], []
    for turn in range(-1, ROUNDS):
        orders = asyncio.run(measure_orders(system.gateway_url, key, url, f"B5{turn + 1}"))
        round_trips = environment.run_program(
            "bench.limits.round_trip", system.postgres.url("limit_latency"), system.kafka, "patron.loyalty", SAMPLES
        )
        if turn >= 0:
            patron.append(percentiles(orders))
            limit.append(percentiles(round_trips["latencies_ms"]))
    facts = environment.query_value(url, "select count(*) from order_fact")
    if facts != (ROUNDS + 1) * SAMPLES:
        raise InvalidRun(f"B5: {(ROUNDS + 1) * SAMPLES} orders were accepted, tiering counts {facts}")
    return Latencies("B5", "latency", tuple(patron), tuple(limit), (3.0, 4.0))


def measure(_: frozenset[str]) -> Iterator[Latencies]:
    with environment.embedded_system("gateway", "tiering") as system:
        wait_until_ready(system)
        yield measure_latency(system)


def wait_until_ready(system: System) -> None:
    """Return when both services have begun to consume, as their readiness says."""
    with httpx.Client(trust_env=False) as client:
        for _ in range(100):
            if all(client.get(f"{url}/readyz").is_success for url in system.urls.values()):
                return
            time.sleep(0.1)
