"""B2's limit: the same rows by `unnest`, a hundred orders a statement, one commit each. No HTTP at all."""

import asyncio
import json
import sys
import time
from uuid import UUID

import asyncpg
import orjson
from uuid_utils import uuid7

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


def rows(run: str, first: int, size: int) -> list[list[object]]:
    """The columns of one statement, parsed from the orders' own JSON as an intake would get them."""
    values = []
    for number in range(first, first + size):
        body = order(f"{run}-{number}", f"c{number % 2000}")
        read = orjson.loads(body)
        amount = sum(round(float(line["amount"]) * 100) for line in read["lines"]) / 100
        values.append((UUID(int=uuid7().int), read["order_id"], read["customer"]["ref"], read["placed_at"], str(amount),
                       orjson.dumps(read["lines"]).decode(), UUID(int=uuid7().int), body.decode()))  # fmt: skip
    return [list(column) for column in zip(*values, strict=True)]


async def main(url: str, run: str, writers: int, size: int, seconds: float) -> None:
    pool = await asyncpg.create_pool(url, min_size=writers, max_size=writers)
    await pool.execute(TABLES)
    numbers = iter(range(0, 10**9, size))
    began = time.perf_counter()

    async def write() -> int:
        written = 0
        while time.perf_counter() - began < seconds:
            await pool.execute(INSERT, *rows(run, next(numbers), size))
            written += size
        return written

    done = sum(await asyncio.gather(*(write() for _ in range(writers))))
    print(json.dumps({"done": done, "seconds": time.perf_counter() - began}))
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
