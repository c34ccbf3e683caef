"""B2's limit: the same rows by `unnest`, a hundred orders a statement, one commit each. No HTTP; rows are prepared."""

import asyncio
import json
import sys
import time
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from uuid_utils import uuid7

from bench.environment import run_as_services_do
from bench.limits.intake import TABLES
from bench.load import order

INSERT = """
with placed as (
    insert into orders (id, source, order_ref, customer_id, placed_at, amount, lines, recorded_at)
    select id, 'bench', ref, customer, at::timestamptz, amount::numeric, lines::jsonb, now()
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         as o(id, ref, customer, at, amount, lines)
)
insert into outbox (event_id, topic, key, type, payload, recorded_at)
select id, 'orders', customer, 'order_placed', payload, now()
from unnest($7::uuid[], $3::text[], $8::text[]) as e(id, customer, payload)
"""


def statement(run: str, first: int, size: int) -> list[list[Any]]:
    """The columns of one statement's rows."""
    values = []
    for number in range(first, first + size):
        body = order(f"{run}-{number}", f"c{number % 2000}")
        sent = orjson.loads(body)
        values.append((UUID(int=uuid7().int), sent["order_id"], sent["customer"]["ref"], sent["placed_at"], "75.00",
                       orjson.dumps(sent["lines"]).decode(), UUID(int=uuid7().int), body.decode()))  # fmt: skip
    return [list(column) for column in zip(*values, strict=True)]


async def main(url: str, run: str, writers: int, size: int, orders: int) -> None:
    pool = await asyncpg.create_pool(url, min_size=writers, max_size=writers)
    await pool.execute(TABLES)
    waiting = iter([statement(run, first, size) for first in range(0, orders, size)])
    began = time.perf_counter()

    async def write() -> None:
        for columns in waiting:
            await pool.execute(INSERT, *columns)

    await asyncio.gather(*(write() for _ in range(writers)))
    print(json.dumps({"done": orders, "seconds": time.perf_counter() - began}))
    await pool.close()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
