"""B4's limit: select the unsent rows, send them as batches, mark them; nothing else."""

import json
import sys
import time
from collections import defaultdict
from typing import Any
from zlib import crc32

import asyncpg
from aiokafka import AIOKafkaProducer

from bench.environment import run_as_services_do

# As an outbox is that notes in its rows what is sent.
TABLES = """alter table outbox add published_at timestamptz; drop trigger outbox_stays on outbox;
            create index outbox_unpublished on outbox (position) where published_at is null"""
SELECT = """select position, recorded_at, event_id, topic, key, seq, type, payload, occurred_at from outbox
            where published_at is null order by position limit 1000"""
MARK = """update outbox set published_at = clock_timestamp()
          where recorded_at between $2 and $3 and position = any($1)"""


def record(row: Any) -> dict[str, Any]:
    headers = [("ce_id", str(row["event_id"]).encode()), ("ce_type", row["type"].encode()),
               ("ce_time", row["occurred_at"].isoformat().encode()), ("ce_seq", str(row["seq"]).encode())]  # fmt: skip
    return {"key": row["key"].encode(), "value": row["payload"].encode(), "timestamp": None, "headers": headers}


async def send(producer: AIOKafkaProducer, rows: list[Any], partitions: int) -> None:
    """One batch after the other for each partition, all of them under way at once."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["topic"], crc32(row["key"].encode()) % partitions].append(record(row))
    sent = []
    for (topic, partition), records in groups.items():
        batch = producer.create_batch()
        for values in records:
            if batch.append(**values) is None:
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(**values)
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    for acknowledgement in sent:
        await acknowledgement


async def main(url: str, kafka: str, partitions: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(TABLES)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=900_000)
    await producer.start()
    done, began = 0, time.perf_counter()
    while rows := await connection.fetch(SELECT):
        await send(producer, rows, partitions)
        times = [row["recorded_at"] for row in rows]
        await connection.execute(MARK, [row["position"] for row in rows], min(times), max(times))
        done += len(rows)
    print(json.dumps({"done": done, "seconds": time.perf_counter() - began}))
    await producer.stop()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
