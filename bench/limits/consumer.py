"""B3's limit: poll, parse, write what tiering keeps of orders in one transaction a batch, commit the offsets."""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.environment import run_as_services_do

SEEN, FACTS, ENDED, MOVED = Path(__file__).with_suffix(".sql").read_text().split(";\n")
BANDS, TIERS = (800_00, 2400_00, 4800_00), ("basic", "silver", "gold", "platinum")


def move(standing: list[Any], customer: UUID, at: str, cents: int, ended: list[Any], moved: dict[Any, Any]) -> None:
    standing[0] += cents  # of sum, rank, since, row of the history
    if standing[1] != (rank := sum(standing[0] >= band for band in BANDS)):
        if standing[3] in moved:
            moved[standing[3]][4] = at
        elif standing[3]:
            ended.append((standing[3], at))
        standing[1:] = rank, at, uuid4()
        moved[standing[3]] = [customer, TIERS[rank], rank, at, None, standing[3], uuid4()]


async def main(url: str, kafka: str, partitions: int, wanted: int) -> None:
    db, standings, done = await asyncpg.connect(url), defaultdict[UUID, list[Any]](lambda: [0, -1, None, None]), 0
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=str(uuid4()), enable_auto_commit=False,
                                auto_offset_reset="earliest", fetch_max_wait_ms=10)  # fmt: skip
    await consumer.start()
    consumer.assign([TopicPartition("patron.intake", p) for p in range(partitions)])
    began = time.perf_counter()
    while done < wanted:
        polled = [m for ms in (await consumer.getmany(timeout_ms=200, max_records=500)).values() for m in ms]
        rows, seen, ended, moved = list[Any](), dict[str, Any](), list[Any](), dict[Any, Any]()
        for message in polled:
            order, headers = orjson.loads(message.value), dict(message.headers)
            customer, lines, amount = UUID(order["customer_id"]), order["lines"], float(order["amount"])
            cost = sum(float(line["unit_cost"]) * line["quantity"] for line in lines)
            mix = orjson.dumps({"GROCERY": [order["amount"], len(lines), str(cost)]}).decode()
            rows.append((customer, order["placed_at"], UUID(order["order_id"]), amount, amount - cost, len(lines), mix))
            seen[order["customer_id"]] = int(headers["ce_seq"]), headers["ce_id"].decode()
            move(standings[customer], customer, order["placed_at"], round(amount * 100), ended, moved)
        if rows:
            now = [(c, TIERS[s[1]], *s[1:]) for c in {row[0] for row in rows} if (s := standings[c])]
            async with db.transaction():
                await db.execute(SEEN, list(seen), *zip(*seen.values(), strict=True), UUID(int=1))
                await db.execute(FACTS, *zip(*rows, strict=True), *zip(*now, strict=True))
                await db.execute(ENDED, *(zip(*ended, strict=True) if ended else ([], [])))
                await db.execute(MOVED, *(zip(*moved.values(), strict=True) if moved else [[]] * 7))
            await consumer.commit()
        done += len(rows)
    print(json.dumps({"done": done, "seconds": time.perf_counter() - began}))
    await consumer.stop()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
