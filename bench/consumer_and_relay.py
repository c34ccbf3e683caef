"""B3 and B4: what comes off the broker into tiering, and what goes from an outbox to the broker."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

import services.tiering_svc
from bench import environment
from bench.result import InvalidRun, Rates
from bench.sample_orders import EPOCH, read_ring, sample_orders
from deploy.embedded.system import System
from shared.chassis.migrations import upgrade
from shared.events import OWNERS, OrderPlaced
from shared.messaging.broker.interface import Message
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.database.outbox_writer import OutboxRow, digest_of, shard_of
from shared.messaging.outbox.relay import COLUMNS, to_message

EVENTS, CUSTOMERS, ROUNDS = 60_000, 2_000, 3
TIERING = Path(str(services.tiering_svc.__file__)).parent / "migrations"
APPLIED = """select count(*) = $1 and count(distinct order_id) = $1 and (select sum(orders) from indicator_month) = $1
             and (select sum(last_seq) from stream_seen) = $1 from order_fact"""
MARKED = "select count(*) filter (where published_at is null) = 0 and count(*) = $1 from outbox"
SENT = "select not exists (select from outbox_unsent) and count(*) = $1 from outbox"


async def migrated(url: str) -> None:
    """A database as tiering leaves it at its first start, and as an owner of events in the epoch of all."""
    await upgrade(TIERING, url.replace("postgresql://", "postgresql+asyncpg://"))
    connection = await asyncpg.connect(url)
    await connection.execute("update stream_epoch set epoch = $1", EPOCH)
    await connection.close()


async def fill_outbox(url: str, events: Iterable[tuple[UUID, int, OrderPlaced]] = ()) -> None:
    """Events that were committed and never sent, with their heads."""
    connection = await asyncpg.connect(url)
    rows = []
    for event_id, seq, order in events or sample_orders(EVENTS, CUSTOMERS):
        payload = order.model_dump_json(exclude_none=True)
        digest = digest_of(order.type, order.key, payload)
        rows.append((datetime.now(UTC), event_id, order.topic, order.key, seq, order.type, payload, digest,
                     order.placed_at, shard_of(order.key)))  # fmt: skip
    columns = ["recorded_at", "event_id", "topic", "key", "seq", "type", "payload", "digest", "occurred_at", "shard"]
    await connection.copy_records_to_table("outbox", records=rows, columns=columns)
    await connection.execute("insert into outbox_unsent select position, recorded_at, shard from outbox")
    await connection.execute("vacuum analyze outbox, outbox_unsent")
    await connection.close()


async def fill_broker(url: str, kafka: str) -> None:
    """The same events as the relay would have sent them."""
    connection = await asyncpg.connect(url)
    epoch = await connection.fetchval("select epoch from stream_epoch")
    rows: list[Any] = await connection.fetch(f"select {COLUMNS} from outbox order by position")
    await connection.close()
    producer = await KafkaBroker(kafka, topics=list(OWNERS), partitions=environment.PARTITIONS).producer()
    messages: list[Message] = [to_message(OutboxRow(*row), epoch, read_ring()) for row in rows]
    for start in range(0, len(messages), 1000):
        await producer.send(messages[start : start + 1000])
    await producer.stop()


def measure_in_turn(
    system: System, template: str, patron: str, limit: str, sound: str, limit_sound: str
) -> tuple[Any, Any]:
    """Rates of both sides' programs, run in turn, each on a fresh copy of the template database.

    The first turn warms up and does not count. What a program leaves has to be sound: a query that returns true.
    """
    rates: dict[str, list[float]] = {patron: [], limit: []}
    for turn in range(-1, ROUNDS):
        for side, check in ((patron, sound), (limit, limit_sound)):
            name = f"bench_{side.rpartition('.')[2]}"
            system.postgres.create_database(name, template)
            url = system.postgres.url(name)
            measured = environment.run_program(side, url, system.kafka, environment.PARTITIONS, EVENTS)
            if measured["done"] != EVENTS or not environment.query_value(url, check, EVENTS):
                raise InvalidRun(f"{side}: {measured} of {EVENTS}, and the database says otherwise")
            system.postgres.drop_database(name)
            if turn >= 0:
                rates[side].append(measured["done"] / measured["seconds"])
    return tuple(rates[patron]), tuple(rates[limit])


def measure(codes: frozenset[str]) -> Iterator[Rates]:
    with environment.embedded_system() as system:
        for name in ("tiering_empty", "outbox_full"):
            system.postgres.create_database(name)
            asyncio.run(migrated(system.postgres.url(name)))
        asyncio.run(fill_outbox(system.postgres.url("outbox_full")))
        if "B3" in codes:
            asyncio.run(fill_broker(system.postgres.url("outbox_full"), system.kafka))
            patron, limit = measure_in_turn(
                system, "tiering_empty", "bench.patron_consumer", "bench.limits.consumer", APPLIED,
                "select count(*) = $1 and (select sum(orders) from indicator_month) = $1 from order_fact",
            )  # fmt: skip
            yield Rates("B3", "consumer", patron, limit, 0.65)
        if "B4" in codes:
            patron, limit = measure_in_turn(
                system, "outbox_full", "bench.patron_relay", "bench.limits.relay", SENT, MARKED
            )
            yield Rates("B4", "relay", patron, limit, 1.1)
