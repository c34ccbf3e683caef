"""B5's limit: a row that is committed is sent and marked; what comes off the broker is committed. One at a time."""

import asyncio
import json
import sys
import time

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.environment import run_as_services_do

TABLES = """
create table if not exists outbox (position int primary key, payload text not null, published_at timestamptz);
create table if not exists arrived (position int primary key, payload text not null);
truncate outbox, arrived
"""
MARK = "update outbox set published_at = clock_timestamp() where position = $1"


async def main(url: str, kafka: str, topic: str, times: int) -> None:
    owner, subscriber = await asyncpg.connect(url), await asyncpg.connect(url)
    await owner.execute(TABLES)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"first", partition=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, fetch_max_wait_ms=10, enable_auto_commit=False)
    await consumer.start()
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    await consumer.seek_to_end(place)
    await consumer.position(place)

    async def relay(number: int) -> None:
        payload = await owner.fetchval(
            "select payload from outbox where published_at is null order by position limit 1"
        )
        await producer.send_and_wait(topic, payload.encode(), partition=0)
        await owner.execute(MARK, number)

    latencies = []
    for number in range(times):
        await owner.execute("insert into outbox values ($1, $2)", number, str(number))
        began, relaying = time.perf_counter(), asyncio.create_task(relay(number))
        while (await consumer.getone()).value != str(number).encode():
            pass
        await subscriber.execute("insert into arrived values ($1, $2)", number, str(number))
        latencies.append(1000 * (time.perf_counter() - began))
        await relaying
        await asyncio.sleep(0.005)
    print(json.dumps({"latencies_ms": latencies}))
    await producer.stop()
    await consumer.stop()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
