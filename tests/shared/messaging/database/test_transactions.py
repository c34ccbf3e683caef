"""What a transaction does besides its change: it wakes work after its commit, and others can tell that it is open."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.messaging import Transaction
from shared.messaging.database import connections
from shared.messaging.outbox import event_log
from tests.shared.messaging.world import World

NO_SKEW = timedelta(0)


async def test_work_is_woken_by_the_commit_and_not_before(world: World) -> None:
    wakeup = world.owner.wakeup("reviews")
    wakeup.clear()

    async def ask(tx: Transaction) -> None:
        tx.wake("reviews")
        assert not wakeup.is_set()

    await world.owner.run(ask)
    assert wakeup.is_set()
    assert not world.owner.wakeup("risks").is_set()


async def test_work_that_was_not_committed_wakes_nobody(world: World) -> None:
    world.owner.wakeup("reviews").clear()

    async def ask(tx: Transaction) -> None:
        tx.wake("reviews")
        raise RuntimeError("after all not")

    with pytest.raises(RuntimeError):
        await world.owner.run(ask)
    assert not world.owner.wakeup("reviews").is_set()


async def test_an_instant_is_fully_committed_when_nobody_who_may_have_seen_it_is_still_writing(world: World) -> None:
    begun, end = asyncio.Event(), asyncio.Event()

    async def write_slowly(tx: Transaction) -> datetime:
        begun.set()
        await end.wait()
        return tx.at

    writing = asyncio.create_task(world.owner.run(write_slowly))
    await begun.wait()
    now = datetime.now(UTC)

    async def is_committed(instant: datetime, skew: timedelta = NO_SKEW) -> bool:
        return await world.owner.run(lambda tx: event_log.is_fully_committed(tx, instant, skew))

    assert not await is_committed(now)
    assert await is_committed(now - timedelta(hours=1)), "it began later"
    end.set()
    assert await writing <= now
    assert await is_committed(now)
    assert not await is_committed(datetime.now(UTC), timedelta(seconds=5)), "a slow clock may still tell of it"
    assert await is_committed(now - timedelta(seconds=10), timedelta(seconds=5))


async def test_a_transaction_that_hangs_is_not_waited_for_for_ever(world: World, monkeypatch) -> None:
    monkeypatch.setattr(event_log, "MAX_COMMIT_DURATION", timedelta(0))
    connection = await world.owner.connect_raw()
    try:
        await connection.execute("set application_name = 'patron'; begin; select 1")
        now = datetime.now(UTC)
        assert await world.owner.run(lambda tx: event_log.is_fully_committed(tx, now, NO_SKEW))
    finally:
        await connection.close()


async def test_what_postgres_own_types_are_is_asked_once_a_process(world: World, monkeypatch) -> None:
    introspected: list[frozenset[int]] = []
    ask = asyncpg.Connection._introspect_types

    async def counted(self: Any, oids: Any, timeout: Any) -> Any:
        introspected.append(frozenset(oids))
        return await ask(self, oids, timeout)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", counted)
    monkeypatch.setattr(connections, "_built_in_types", {})
    for _ in range(3):
        connection = await world.owner.connect_raw()
        assert await connection.fetchval("select $1::uuid[]", [UUID(int=1)]) == [UUID(int=1)]
        assert await connection.fetchval("select h from stream_head h where key = 'nobody'") is None
        await connection.close()
    own = [oids for oids in introspected if max(oids) >= connections.FIRST_GENERATED_OID]
    assert len(own) == 3, "a table's type is another one in another database"
    assert len(introspected) == 4
