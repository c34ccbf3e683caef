"""The review that `make bench` measures, on a crowd small enough for a test: all decided, the right ones moved."""

import asyncio

from bench import ground
from bench.population import REVIEWED_AS_OF, fill, movers
from shared.messaging import Database

SERVICE = "tiering"
CUSTOMERS = 300


async def test_a_small_crowd_is_reviewed_as_the_million_is(database: Database) -> None:
    url = database.url.replace("postgresql+asyncpg://", "postgresql://")
    epoch = await database.run(lambda tx: tx.raw.fetchval("select epoch from stream_epoch"))
    await fill(url, CUSTOMERS, epoch)
    done = await asyncio.to_thread(ground.program, "bench.ours_review", url, REVIEWED_AS_OF)
    rises, falls = movers(CUSTOMERS)
    assert rises > 0
    assert falls > 0
    assert (done["status"], done["customers"], done["applied"]) == ("applied", CUSTOMERS, {"up": rises, "down": falls})
