"""B5's limit: a message to the broker and back, one at a time."""

import asyncio
import json
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.environment import run_as_services_do


async def main(kafka: str, topic: str, times: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"first", partition=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, fetch_max_wait_ms=10, enable_auto_commit=False)
    await consumer.start()
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    await consumer.seek_to_end(place)
    await consumer.position(place)
    latencies = []
    for number in range(times):
        began = time.perf_counter()
        await producer.send_and_wait(topic, str(number).encode(), partition=0)
        while (await consumer.getone()).value != str(number).encode():
            pass
        latencies.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(0.005)
    print(json.dumps({"latencies_ms": latencies}))
    await producer.stop()
    await consumer.stop()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
