"""B2's limit: the same rows by `unnest`, a hundred orders a statement, one commit each, and a relay beside it. No HTTP;
rows are prepared."""

import asyncio
import json
import sys
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from uuid_utils import uuid7

from bench.environment import run_as_services_do
from bench.limits.intake import TABLES
from bench.limits.relay import send
from bench.load import order

INSERT = """
with placed as (
    insert into orders (id, source, order_ref, customer_id, placed_at, amount, lines, recorded_at)
    select id, 'bench', ref, customer, at::timestamptz, amount::numeric, lines::jsonb, now()
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         as o(id, ref, customer, at, amount, lines)
)
insert into outbox (event_id, topic, key, type, payload, recorded_at)
select id, 'patron.intake', customer, 'order_placed', payload, now()
from unnest($7::uuid[], $3::text[], $8::text[]) as e(id, customer, payload)
"""
UNSENT = """select position, event_id, topic, key, 1 as seq, type, payload, recorded_at as occurred_at from outbox
            where published_at is null order by position limit 1000"""
SENT = "update outbox set published_at = clock_timestamp() where position = any($1)"


def statement(run: str, first: int, size: int) -> list[list[Any]]:
    """The columns of one statement's rows."""
    values = []
    for number in range(first, first + size):
        body = order(f"{run}-{number}", f"c{number % 2000}")
        sent = orjson.loads(body)
        values.append((UUID(int=uuid7().int), sent["order_id"], sent["customer"]["ref"], sent["placed_at"], "75.00",
                       orjson.dumps(sent["lines"]).decode(), UUID(int=uuid7().int), body.decode()))  # fmt: skip
    return [list(column) for column in zip(*values, strict=True)]


async def relay(pool: asyncpg.Pool, producer: AIOKafkaProducer) -> None:
    while True:
        if rows := await pool.fetch(UNSENT):
            await send(producer, rows, 4)
            await pool.execute(SENT, [row["position"] for row in rows])
        else:
            await asyncio.sleep(0.005)


async def main(url: str, kafka: str, run: str, writers: int, size: int, orders: int) -> None:
    pool = await asyncpg.create_pool(url, min_size=writers + 1, max_size=writers + 1)
    await pool.execute(TABLES)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=900_000)
    await producer.start()
    waiting = iter([statement(run, first, size) for first in range(0, orders, size)])
    relaying, began = asyncio.create_task(relay(pool, producer)), time.perf_counter()

    async def write() -> None:
        for columns in waiting:
            await pool.execute(INSERT, *columns)

    await asyncio.gather(*(write() for _ in range(writers)))
    print(json.dumps({"done": orders, "seconds": time.perf_counter() - began}))
    relaying.cancel()
    with suppress(asyncio.CancelledError):
        await relaying
    await producer.stop()
    await pool.close()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:])))
