"""B7 and B8: a million customers reviewed, and a million customers' events consumed as fast as a tenth of them."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from bench import environment, population
from bench.consumer_and_relay import fill_broker, fill_outbox, migrated
from bench.population import FULL, MONTHS, REVIEWED_AS_OF
from bench.result import Durations, InvalidRun, Measured, Rates
from bench.sample_orders import EPOCH, sample_orders
from deploy.embedded.system import System

ROUNDS = 3
EVENTS = 60_000
LONGEST_MS = 50
REVIEWED = """
select (select count(*) from tier_history where run_id is not null and upper_inf(effective)) = $1
   and (select count(*) from outbox where type = 'tiering.tier_changed.v1') = $1
   and (select count(*) from evaluation_mover where applied) = $1
   and (select count(*) from tier_history where superseded_at is null and upper_inf(effective)) = $2
"""
CONSUMED = f"""
select (select count(*) from order_fact) = $1 + $2 * {MONTHS}
   and (select sum(orders) from indicator_month) = $1 + $2 * {MONTHS}
   and (select sum(last_seq) from stream_seen where topic = 'patron.intake') = $1 + $2 * {MONTHS}
"""


def measure(codes: frozenset[str], customers: int = FULL) -> Iterator[Measured]:
    with ExitStack() as stack:
        many = stack.enter_context(environment.embedded_system())
        asyncio.run(_populate(many, customers))
        if "B7" in codes:
            yield _reviews(many, customers)
        if "B8" in codes:
            few = stack.enter_context(environment.embedded_system())
            asyncio.run(_populate(few, customers // 10))
            yield _growth((few, customers // 10), (many, customers))


async def _populate(system: System, customers: int) -> None:
    """A database to copy; the orders to come are of the same epoch as its positions."""
    environment.progress(f"making {customers:,} customers with {MONTHS} orders each")
    for name in ("population", "outbox_full"):
        system.postgres.create_database(name)
        await migrated(system.postgres.url(name))
    await population.fill(system.postgres.url("population"), customers, EPOCH)


def _on_a_copy(
    system: System, program: str, *arguments: object, sound: str, values: tuple[object, ...]
) -> dict[str, Any]:
    """What a program measures on a fresh copy of everybody; what it leaves must be sound."""
    postgres = system.postgres
    environment.progress(f"{program} on a copy of that")
    postgres.client("createdb", "--maintenance-db=postgres", "--template=population", "--strategy=file_copy", "copy")
    measured = environment.run_program(program, postgres.url("copy"), *arguments)
    if not environment.query_value(postgres.url("copy"), sound, *values):
        raise InvalidRun(f"{program}: {measured}, and the database says otherwise")
    postgres.drop_database("copy")
    return measured


def _reviews(system: System, customers: int) -> Durations:
    rises, falls = population.expected_tier_changes(customers)
    patron: list[float] = []
    limit: list[float] = []
    longest: list[float] = []
    for turn in range(-1, ROUNDS):
        done = _on_a_copy(
            system, "bench.patron_review", REVIEWED_AS_OF, sound=REVIEWED, values=(rises + falls, customers)
        )
        if (done["result"], done["customers"], done["applied"]) != ("applied", customers, {"up": rises, "down": falls}):
            raise InvalidRun(f"a review of {customers} with {rises} rises and {falls} falls: {done}")
        bare = environment.run_program("bench.limits.scan", system.postgres.url("population"))
        if bare["customers"] != customers:
            raise InvalidRun(f"the scan saw {bare['customers']} of {customers}")
        if turn >= 0:
            patron.append(done["seconds"])
            limit.append(bare["seconds"])
            longest.append(done["longest_ms"])
    return Durations(
        "B7", "re-tier", tuple(patron), tuple(limit), tuple(longest), 3.3 if customers >= FULL else None, LONGEST_MS,
        f"{customers:,} customers, {rises + falls:,} of them move",
    )  # fmt: skip


def _growth(few: tuple[System, int], many: tuple[System, int]) -> Rates:
    """The same consumer, the same number of orders; only there are ten times as many customers they may be of."""
    for system, customers in (few, many):
        asyncio.run(_place_orders(system, customers))
    rates: dict[int, list[float]] = {few[1]: [], many[1]: []}
    for _ in range(ROUNDS):  # each begins with a new process on a new copy: there is nothing to warm up
        for system, customers in (few, many):
            done = _on_a_copy(
                system, "bench.patron_consumer", system.kafka, environment.PARTITIONS, EVENTS,
                sound=CONSUMED, values=(EVENTS, customers),
            )  # fmt: skip
            if done["done"] != EVENTS:
                raise InvalidRun(f"{done} of {EVENTS}")
            rates[customers].append(done["done"] / done["seconds"])
    return Rates(
        "B8", "growth", tuple(rates[many[1]]), tuple(rates[few[1]]), 0.85 if many[1] >= FULL else None,
        sides=(f"{many[1]:,} customers", f"{few[1]:,}"),
    )  # fmt: skip


async def _place_orders(system: System, customers: int) -> None:
    customer_ids = list(population.sample(customers, min(EVENTS, customers)))
    url = system.postgres.url("outbox_full")
    await fill_outbox(url, sample_orders(EVENTS, len(customer_ids), customer_ids=customer_ids, before=MONTHS))
    await fill_broker(url, system.kafka)
