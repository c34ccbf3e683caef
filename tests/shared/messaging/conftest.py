"""Databases with the backbone's tables, an owner's and a subscriber's, emptied before each test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.messaging import Database
from tests.shared.messaging.world import World, make_tables
from tests.support.kafka import kafka

__all__ = ["kafka"]

TABLES = (
    "outbox, outbox_unsent, outbox_cut, stream_head, epoch_begin, epoch_head, stream_seen, parked, stream_hole, "
    "epoch_difference, broker_seen, timer, effect"
)


@pytest.fixture(scope="session")
async def backbone_databases(postgres: Any) -> AsyncIterator[tuple[Database, Database]]:
    made = []
    for name in ("owner", "subscriber"):
        url = await postgres.make_database(f"backbone_{name}")
        await make_tables(url)
        made.append(Database(url.replace("postgresql://", "postgresql+asyncpg://")))
    yield made[0], made[1]
    for database in made:
        await database.close()


@pytest.fixture
async def world(backbone_databases: tuple[Database, Database]) -> World:
    for database in backbone_databases:
        await database.run(lambda tx: tx.raw.execute(f"truncate {TABLES}"))
    return World(*backbone_databases)
