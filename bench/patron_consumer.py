"""B3's own side: tiering's consumer as the service runs it, from a fresh group to the last offset committed."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

from bench.environment import run_as_services_do, until
from bench.sample_orders import EPOCH, read_ring
from services.tiering_svc.subscriptions import subscriptions
from shared.events import OWNERS
from shared.messaging import Database
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.inbox.consumer import ConsumerLoop
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.outbox.event_log import HeadsPage, LogSlice


class Silent:
    """Owners that have nothing more to tell than what is on the broker, in the epoch that it is of."""

    async def read_slice(self, topic: str, key: str, first: int, seen_epoch: UUID | None = None) -> LogSlice:
        raise LookupError(f"{topic} {key} from {first}: a gap, though nothing was lost")

    async def read_heads(self, topic: str, *, after: str, changed_since: datetime | None) -> HeadsPage:
        return HeadsPage(EPOCH, datetime.now(UTC), [])

    async def outrank_epoch(self, topic: str, seen: UUID) -> None:
        raise LookupError(f"{seen} outranks the epoch of all")


async def main(url: str, kafka: str, partitions: int, wanted: int) -> None:
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"))
    broker = KafkaBroker(kafka, mode="embedded", topics=list(OWNERS), partitions=partitions)
    inbox = Inbox(database, subscriptions, Silent())
    loop = ConsumerLoop(broker, f"bench-{uuid4()}", inbox, read_ring)
    stop = asyncio.Event()
    running = asyncio.create_task(loop.run(stop))
    await until(lambda: loop.consumer is not None)
    began = time.perf_counter()
    await until(lambda: inbox.applied >= wanted)
    seconds = time.perf_counter() - began
    stop.set()
    await running
    await database.close()
    print(json.dumps({"done": inbox.applied, "seconds": seconds, "pulled": inbox.pulled}))


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
