"""B4's own side: the relay as services run it, from its first query of a full outbox until nothing is unsent."""

import asyncio
import json
import sys
import time

from bench.environment import run_as_services_do, until
from bench.sample_orders import read_ring
from shared.events import OWNERS
from shared.messaging import Database
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.outbox.relay import Relay


async def main(url: str, kafka: str, partitions: int, wanted: int) -> None:
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"))
    broker = KafkaBroker(kafka, mode="embedded", topics=list(OWNERS), partitions=partitions)
    relay = Relay(database, broker, read_ring)
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    await until(lambda: relay.producer is not None)
    began = time.perf_counter()
    await until(lambda: relay.published >= wanted)
    seconds = time.perf_counter() - began
    stop.set()
    await running
    await database.close()
    print(json.dumps({"done": relay.published, "seconds": seconds}))


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
