"""B1 and B2: orders into the gateway, one and a hundred a request, against bare inserts on the same Postgres."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench import environment
from bench.load import Load, drive, order, request
from bench.result import InvalidRun, Rates
from deploy.embedded.databases import database_of
from deploy.embedded.system import System

CONNECTIONS = 32
CUSTOMERS = 2000
SECONDS, WARM_UP, ROUNDS = 4.0, 1.5, 3
BATCH, BATCH_CONNECTIONS = 100, 4
BARE_BATCHED = 30_000  # orders the limit of B2 writes in a round
MOST_SINGLES, MOST_BATCHES = 1500, 400  # requests of a connection, made before the clock starts: more than it can send
STORED = "select count(*) from {table} where order_ref like $1"
ANNOUNCED = "select count(*) from outbox where payload like $1"


@dataclass
class Intake:
    """Patron and the limit program on one Postgres, with what both need."""

    system: System
    keys: list[str]
    limit_port: int
    limit_url: str

    @property
    def gateway(self) -> int:
        return self.system.services["gateway"].port

    @property
    def url(self) -> str:
        return self.system.postgres.url(database_of("gateway"))


def single_requests(run: str, keys: list[str], customer: str | None) -> list[Iterator[bytes]]:
    """Endless requests for each connection; uniform customers, or one hot one."""

    def endless(connection: int) -> Iterator[bytes]:
        dice = random.Random(f"{run} {connection}")
        for number in itertools.count():
            customer_ref = customer or f"c{dice.randrange(CUSTOMERS)}"
            yield request("/v1/orders", order(f"{run}-{connection}-{number}", customer_ref), keys[connection])

    return [endless(connection) for connection in range(len(keys))]


def batch_requests(
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


def drive_prepared(port: int, requests: list[Iterator[bytes]], most: int, seconds: float) -> Load:
    """Drive with the first `most` requests of each connection, all of them made before the clock starts."""
    prepared = [list(itertools.islice(of_connection, most)) for of_connection in requests]
    return asyncio.run(drive(port, prepared, seconds))


def verified_rate(run: str, load: Load, url: str, table: str, of_each: int = 1) -> float:
    """Orders a second, if each accepted order is stored once and announced once; InvalidRun otherwise."""
    if load.idle:
        raise InvalidRun(f"{run}: {load.idle} connections had nothing left to send")
    wanted = load.accepted * of_each
    stored = environment.query_value(url, STORED.format(table=table), f"{run}-%")
    announced = (
        environment.query_value(url, ANNOUNCED, f'%"{run}-%') if table == "orders" else _count_announced(url, run)
    )
    if stored != wanted or announced != wanted:
        raise InvalidRun(f"{run}: {wanted} accepted, {stored} stored, {announced} announced")
    return wanted / load.seconds


def _count_announced(url: str, run: str) -> int:
    sql = """select count(*) from outbox o join customer_order c on c.event_id = o.event_id
              where c.order_ref like $1 and o.type = 'intake.order_placed.v1'"""
    return int(environment.query_value(url, sql, f"{run}-%"))


def measure_singles(intake: Intake, code: str, name: str, goal: float | None, customer: str | None = None) -> Rates:
    patron, limit = [], []
    for turn in range(-1, ROUNDS):
        seconds = SECONDS if turn >= 0 else WARM_UP
        run = f"{code}{'h' if customer else 'u'}{turn + 1}"
        load = drive_prepared(intake.gateway, single_requests(run, intake.keys, customer), MOST_SINGLES, seconds)
        rate = verified_rate(run, load, intake.url, "customer_order")
        environment.wait_until_sent(intake.system)
        bare = drive_prepared(intake.limit_port, single_requests(run, intake.keys, customer), MOST_SINGLES, seconds)
        bare_rate = verified_rate(run, bare, intake.limit_url, "orders")
        if turn >= 0:
            patron.append(rate)
            limit.append(bare_rate)
    return Rates(code, name, tuple(patron), tuple(limit), goal)


def measure_batches(intake: Intake) -> Rates:
    patron, limit = [], []
    for turn in range(-1, ROUNDS):
        seconds = SECONDS if turn >= 0 else WARM_UP
        run = f"B2{turn + 1}"
        requests = batch_requests(run, intake.keys, BATCH_CONNECTIONS, BATCH)
        load = drive_prepared(intake.gateway, requests, MOST_BATCHES, seconds)
        rate = verified_rate(run, load, intake.url, "customer_order", BATCH)
        environment.wait_until_sent(intake.system)
        bare = environment.run_program(
            "bench.limits.batches", intake.limit_url, intake.system.kafka, run, BATCH_CONNECTIONS, BATCH, BARE_BATCHED
        )
        stored = environment.query_value(intake.limit_url, STORED.format(table="orders"), f"{run}-%")
        if stored != bare["done"]:
            raise InvalidRun(f"{run}: the limit wrote {bare['done']}, {stored} are stored")
        if turn >= 0:
            patron.append(rate)
            limit.append(bare["done"] / bare["seconds"])
    return Rates("B2", "batches", tuple(patron), tuple(limit), 0.35, "100 orders a request")


def register_customers(intake: Intake) -> None:
    """Have every customer registered: the measured orders are of known ones, on both sides."""
    asyncio.run(drive(intake.gateway, batch_requests("known", intake.keys, 4, 250, each_customer_once=True), 60))
    environment.wait_until_sent(intake.system)


def measure(codes: frozenset[str]) -> Iterator[Rates]:
    with environment.embedded_system("gateway") as system:
        system.postgres.create_database("limit_intake")
        limit_url = system.postgres.url("limit_intake")
        keys = environment.partner_keys(system.gateway_url, CONNECTIONS)
        with environment.limit_server("bench.limits.intake:create_app", limit_url, system.data_dir) as port:
            intake = Intake(system, keys, port, limit_url)
            register_customers(intake)
            if "B1" in codes:
                yield measure_singles(intake, "B1", "intake", 0.90)
                yield measure_singles(intake, "B1", "one hot", None, customer="c7")
            if "B2" in codes:
                yield measure_batches(intake)
