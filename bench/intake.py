"""B1 and B2: orders into the gateway, one and a hundred a request, against bare inserts on the same Postgres."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench import ground
from bench.load import Load, drive, order, request
from bench.result import Rates, Spoilt
from deploy.embedded.system import System, database_of

CONNECTIONS = 32
CUSTOMERS = 2000
SECONDS, WARM_UP, ROUNDS = 4.0, 1.5, 3
BATCH, BATCH_CONNECTIONS = 100, 4
BARE_BATCHED = 30_000  # orders the limit of B2 writes in a round
STORED = "select count(*) from {table} where order_ref like $1"
TOLD = "select count(*) from outbox where payload like $1"


@dataclass
class Intake:
    """Ours and the limit's, on one Postgres: what both need."""

    made: System
    keys: list[str]
    limit_port: int
    limit_url: str

    @property
    def gateway(self) -> int:
        return self.made.services["gateway"].port

    @property
    def url(self) -> str:
        return self.made.postgres.url(database_of("gateway"))


def singles(run: str, keys: list[str], customer: str | None) -> list[Iterator[bytes]]:
    """Endless requests for each connection; uniform customers, or one hot one."""

    def endless(connection: int) -> Iterator[bytes]:
        dice = random.Random(f"{run} {connection}")
        for number in itertools.count():
            who = customer or f"c{dice.randrange(CUSTOMERS)}"
            yield request("/v1/orders", order(f"{run}-{connection}-{number}", who), keys[connection])

    return [endless(connection) for connection in range(len(keys))]


def batches(
    run: str, keys: list[str], how_many: int, size: int, *, each_customer_once: bool = False
) -> list[Iterator[bytes]]:
    def endless(connection: int) -> Iterator[bytes]:
        dice = random.Random(f"{run} {connection}")
        for number in itertools.count():
            lines = []
            for i in range(size):
                who = (connection + how_many * (number * size + i)) if each_customer_once else dice.randrange(CUSTOMERS)
                if who < CUSTOMERS:
                    lines.append(order(f"{run}-{connection}-{number}-{i}", f"c{who}"))
            if not lines:
                return
            yield request("/v1/orders:batch", b"\n".join(lines), keys[connection], "application/x-ndjson")

    return [endless(connection) for connection in range(how_many)]


def checked(run: str, load: Load, url: str, table: str, of_each: int = 1) -> float:
    """The rate, if each accepted order is stored once and told once."""
    wanted = load.accepted * of_each
    stored = ground.count(url, STORED.format(table=table), f"{run}-%")
    told = ground.count(url, TOLD, f'%"{run}-%') if table == "orders" else _told_by_us(url, run)
    if stored != wanted or told != wanted:
        raise Spoilt(f"{run}: {wanted} accepted, {stored} stored, {told} told")
    return wanted / load.seconds


def _told_by_us(url: str, run: str) -> int:
    told = """select count(*) from outbox o join customer_order c on c.event_id = o.event_id
              where c.order_ref like $1 and o.type = 'intake.order_placed.v1'"""
    return int(ground.count(url, told, f"{run}-%"))


def measure_singles(intake: Intake, code: str, name: str, goal: float | None, customer: str | None = None) -> Rates:
    ours, limit = [], []
    for turn in range(-1, ROUNDS):
        seconds = SECONDS if turn >= 0 else WARM_UP
        run = f"{code}{'h' if customer else 'u'}{turn + 1}"
        load = asyncio.run(drive(intake.gateway, singles(run, intake.keys, customer), seconds))
        rate = checked(run, load, intake.url, "customer_order")
        ground.settle(intake.made)
        bare = asyncio.run(drive(intake.limit_port, singles(run, intake.keys, customer), seconds))
        bare_rate = checked(run, bare, intake.limit_url, "orders")
        if turn >= 0:
            ours.append(rate)
            limit.append(bare_rate)
    return Rates(code, name, tuple(ours), tuple(limit), goal)


def measure_batches(intake: Intake) -> Rates:
    ours, limit = [], []
    for turn in range(-1, ROUNDS):
        seconds = SECONDS if turn >= 0 else WARM_UP
        run = f"B2{turn + 1}"
        load = asyncio.run(drive(intake.gateway, batches(run, intake.keys, BATCH_CONNECTIONS, BATCH), seconds))
        rate = checked(run, load, intake.url, "customer_order", BATCH)
        ground.settle(intake.made)
        bare = ground.program("bench.limits.batches", intake.limit_url, run, BATCH_CONNECTIONS, BATCH, BARE_BATCHED)
        stored = ground.count(intake.limit_url, STORED.format(table="orders"), f"{run}-%")
        if stored != bare["done"]:
            raise Spoilt(f"{run}: the limit wrote {bare['done']}, {stored} are stored")
        if turn >= 0:
            ours.append(rate)
            limit.append(bare["done"] / bare["seconds"])
    return Rates("B2", "batches", tuple(ours), tuple(limit), 0.22, "100 orders a request")


def know_customers(intake: Intake) -> None:
    """Every customer was seen before: the measured orders are of known ones, on both sides."""
    asyncio.run(drive(intake.gateway, batches("known", intake.keys, 4, 250, each_customer_once=True), 60))
    ground.settle(intake.made)


def measure(codes: frozenset[str]) -> Iterator[Rates]:
    with ground.system("gateway") as made:
        made.postgres.create_database("limit_intake")
        limit_url = made.postgres.url("limit_intake")
        keys = ground.partner_keys(made.gateway_url, CONNECTIONS)
        with ground.limit_server("bench.limits.intake:create_app", limit_url, made.data_dir) as port:
            intake = Intake(made, keys, port, limit_url)
            know_customers(intake)
            if "B1" in codes:
                yield measure_singles(intake, "B1", "intake", 0.70)
                yield measure_singles(intake, "B1", "one hot", None, customer="c7")
            if "B2" in codes:
                yield measure_batches(intake)
