"""The sweeper: files expire, bytes of deleted files go, and so do bytes that no row ever named (a killed process)."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.files import repository
from shared.files.removal import delete_removed_bytes, remove_files
from shared.files.settings import FileSettings, file_store
from shared.files.store import FileStore
from shared.messaging import Database, Transaction
from shared.messaging.periodic import repeat_until_stopped

# A part is put within seconds and its row commits right after: bytes so old without a row will never get one.
ORPHAN_AFTER = timedelta(hours=1)
LOOK_FOR_ORPHANS = timedelta(minutes=15)


async def sweep_files_as_time_passes(service: Any, stop: asyncio.Event) -> None:
    """The background job of a service that keeps files."""
    assert isinstance(service.settings, FileSettings)
    store, database = file_store(service.settings), service.database
    swept_at: datetime | None = None

    async def sweep() -> None:
        nonlocal swept_at
        await delete_expired_files(database)
        await delete_removed_bytes(database, store)
        now = database.clock()
        if swept_at is None or now - swept_at >= LOOK_FOR_ORPHANS:
            await delete_orphans(database, store, now - ORPHAN_AFTER)
            swept_at = now

    await repeat_until_stopped(
        sweep, stop, pause_seconds=service.settings.files_sweep_seconds, failure="files_not_swept"
    )


async def delete_expired_files(database: Database) -> int:
    """Delete the files whose time has come, a hundred a transaction. Returns how many."""

    async def delete_some(tx: Transaction) -> int:
        return await remove_files(tx, await repository.list_expired(tx))

    count = 0
    while deleted := await database.run(delete_some):
        count += deleted
    return count


async def delete_orphans(database: Database, store: FileStore, written_before: datetime) -> int:
    """Delete bytes that were written before an instant and that no row names. Returns how many objects."""
    count = 0
    async for batch in store.list():
        old = [item.key for item in batch if item.written_at < written_before]
        if not old:
            continue
        known = await database.run(partial(repository.list_known_keys, keys=old))
        orphans = [key for key in old if key not in known]
        await store.delete(orphans)
        count += len(orphans)
    return count
