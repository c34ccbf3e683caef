"""B7's own side: a review of everybody as the service runs it, with history and events; and its longest transaction."""

import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from bench.environment import run_as_services_do
from services.tiering_svc.reviews.handlers.reviews import request_review
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.subscriptions import jobs
from shared.messaging import Database, Transaction


class Watched(Database):
    """Knows how long its longest transaction was, its commit included."""

    longest = 0.0

    @asynccontextmanager
    async def transaction(self, *, at: datetime | None = None) -> AsyncIterator[Transaction]:
        began = time.perf_counter()
        async with super().transaction(at=at) as tx:
            yield tx
        self.longest = max(self.longest, time.perf_counter() - began)


async def nothing_ahead(service: str, path: str, query: Mapping[str, Any]) -> Any:
    return {"settled": True, "heads": []}


async def main(url: str, as_of: str) -> None:
    database = Watched(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=4)
    service = SimpleNamespace(database=database, clients=SimpleNamespace(get_json=nothing_ahead), settings=None)
    instant = datetime.fromisoformat(as_of)
    run = await database.run(lambda tx: request_review(tx, instant, apply=True, by="bench"))
    database.longest = 0.0
    began = time.perf_counter()
    await jobs.finish_all(service, "review")
    seconds = time.perf_counter() - began
    done = await database.run(lambda tx: evaluations.load_run(tx, run.run_id))
    await database.close()
    measured = {"seconds": seconds, "longest_ms": 1000 * database.longest, "result": done.result}
    print(json.dumps(measured | {"customers": done.job.done, "applied": done.applied}))


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1], sys.argv[2]))
