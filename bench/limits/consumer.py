"""B3's limit: poll, parse, write what tiering keeps of orders in one transaction a batch, commit the offsets."""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.environment import run_as_services_do

SEEN, FACTS, MOVED = Path(__file__).with_suffix(".sql").read_text().split(";\n")


async def main(url: str, kafka: str, partitions: int, wanted: int) -> None:
    db, spent, rank, done = await asyncpg.connect(url), Counter[UUID](), dict[UUID, int](), 0
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=str(uuid4()), enable_auto_commit=False,
                                auto_offset_reset="earliest", fetch_max_wait_ms=10)  # fmt: skip
    await consumer.start()
    consumer.assign([TopicPartition("patron.intake", p) for p in range(partitions)])
    began = time.perf_counter()
    while done < wanted:
        polled = [m for ms in (await consumer.getmany(timeout_ms=200, max_records=500)).values() for m in ms]
        rows, seen, moved = [], dict[str, int](), dict[UUID, int]()
        for message in polled:
            order = orjson.loads(message.value)
            customer, lines, amount = UUID(order["customer_id"]), order["lines"], float(order["amount"])
            cost = sum(float(line["unit_cost"]) * line["quantity"] for line in lines)
            rows.append((customer, order["placed_at"], UUID(order["order_id"]), amount, amount - cost, len(lines)))
            seen[order["customer_id"]] = int(dict(message.headers)["ce_seq"])
            spent[customer] += round(amount * 100)
            if rank.get(customer) != (now := sum(spent[customer] >= band for band in (800_00, 2400_00, 4800_00))):
                rank[customer] = moved[customer] = now
        if rows:
            async with db.transaction():
                await db.execute(SEEN, list(seen), list(seen.values()))
                await db.execute(FACTS, *(list(column) for column in zip(*rows, strict=True)))
                await db.execute(MOVED, list(moved), list(moved.values()), [uuid4() for _ in moved])
            await consumer.commit()
        done += len(rows)
    print(json.dumps({"done": done, "seconds": time.perf_counter() - began}))
    await consumer.stop()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
