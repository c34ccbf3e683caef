"""The review that `make bench` measures, of a population small enough for a test: all decided, the right ones moved."""

import asyncio

from bench import environment
from bench.population import REVIEWED_AS_OF, expected_tier_changes, fill
from shared.messaging import Database

SERVICE = "tiering"
CUSTOMERS = 300


async def test_a_small_crowd_is_reviewed_as_the_million_is(database: Database) -> None:
    url = database.url.replace("postgresql+asyncpg://", "postgresql://")
    epoch = await database.run(lambda tx: tx.raw.fetchval("select epoch from stream_epoch"))
    await fill(url, CUSTOMERS, epoch)
    done = await asyncio.to_thread(environment.run_program, "bench.patron_review", url, REVIEWED_AS_OF)
    rises, falls = expected_tier_changes(CUSTOMERS)
    assert rises > 0
    assert falls > 0
    assert (done["result"], done["customers"], done["applied"]) == ("applied", CUSTOMERS, {"up": rises, "down": falls})
