"""B3 and B4: what comes off the broker into tiering, and what goes from an outbox to the broker."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

import services.tiering_svc
from bench import ground
from bench.events import EPOCH, placed
from bench.result import Rates, Spoilt
from deploy.embedded.system import System
from shared.chassis.migrations import upgrade
from shared.events import OWNERS, OrderPlaced
from shared.messaging.broker.interface import Message
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.database.outbox_writer import shard_of
from shared.messaging.outbox.relay import to_message

EVENTS, CUSTOMERS, ROUNDS = 20_000, 2_000, 3
TIERING = Path(str(services.tiering_svc.__file__)).parent / "migrations"
APPLIED = """select count(*) = $1 and count(distinct order_id) = $1 and (select sum(orders) from indicator_month) = $1
             and (select sum(last_seq) from stream_seen) = $1 from order_fact"""
SENT = "select count(*) filter (where published_at is null) = 0 and count(*) = $1 from outbox"


async def migrated(url: str) -> None:
    """A database as tiering leaves it at its first start, and as an owner of events in the epoch of all."""
    await upgrade(TIERING, url.replace("postgresql://", "postgresql+asyncpg://"))
    connection = await asyncpg.connect(url)
    await connection.execute("update stream_epoch set epoch = $1", EPOCH)
    await connection.close()


async def fill_outbox(url: str, events: Iterable[tuple[UUID, int, OrderPlaced]] = ()) -> None:
    """Events that were committed and never sent, with their heads."""
    connection = await asyncpg.connect(url)
    rows = [
        (datetime.now(UTC), event_id, order.topic, order.key, seq, order.type, order.model_dump_json(exclude_none=True),
         order.placed_at, shard_of(order.key))
        for event_id, seq, order in events or placed(EVENTS, CUSTOMERS)
    ]  # fmt: skip
    columns = ["recorded_at", "event_id", "topic", "key", "seq", "type", "payload", "occurred_at", "shard"]
    await connection.copy_records_to_table("outbox", records=rows, columns=columns)
    await connection.execute("vacuum analyze outbox")
    await connection.close()


async def fill_broker(url: str, kafka: str) -> None:
    """The same events as the relay would have sent them."""
    connection = await asyncpg.connect(url)
    epoch = await connection.fetchval("select epoch from stream_epoch")
    rows: list[Any] = await connection.fetch("select * from outbox order by position")
    await connection.close()
    producer = await KafkaBroker(kafka, topics=list(OWNERS), partitions=ground.PARTITIONS).producer()
    messages: list[Message] = [to_message(row, epoch) for row in rows]
    for start in range(0, len(messages), 1000):
        await producer.send(messages[start : start + 1000])
    await producer.stop()


def rounds(made: System, template: str, ours: str, limit: str, sound: str, limit_sound: str) -> tuple[Any, Any]:
    """Both sides in turn, each on a fresh copy of the template; the first turn warms up and does not count."""
    rates: dict[str, list[float]] = {ours: [], limit: []}
    for turn in range(-1, ROUNDS):
        for side, check in ((ours, sound), (limit, limit_sound)):
            name = f"bench_{side.rpartition('.')[2]}"
            made.postgres.create_database(name, template)
            url = made.postgres.url(name)
            measured = ground.program(side, url, made.kafka, ground.PARTITIONS, EVENTS)
            if measured["done"] != EVENTS or not ground.count(url, check, EVENTS):
                raise Spoilt(f"{side}: {measured} of {EVENTS}, and the database says otherwise")
            made.postgres.drop_database(name)
            if turn >= 0:
                rates[side].append(measured["done"] / measured["seconds"])
    return tuple(rates[ours]), tuple(rates[limit])


def measure(codes: frozenset[str]) -> Iterator[Rates]:
    with ground.system() as made:
        for name in ("tiering_empty", "outbox_full"):
            made.postgres.create_database(name)
            asyncio.run(migrated(made.postgres.url(name)))
        asyncio.run(fill_outbox(made.postgres.url("outbox_full")))
        if "B3" in codes:
            asyncio.run(fill_broker(made.postgres.url("outbox_full"), made.kafka))
            ours, limit = rounds(
                made, "tiering_empty", "bench.ours_consumer", "bench.limits.consumer", APPLIED,
                "select count(*) = $1 and (select sum(orders) from indicator_month) = $1 from order_fact",
            )  # fmt: skip
            yield Rates("B3", "consumer", ours, limit, 0.50)
        if "B4" in codes:
            ours, limit = rounds(made, "outbox_full", "bench.ours_relay", "bench.limits.relay", SENT, SENT)
            yield Rates("B4", "relay", ours, limit, 0.70)
