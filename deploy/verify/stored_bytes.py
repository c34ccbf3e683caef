"""The file store against the rows that name its bytes: sizes of all parts, digests of a sample."""

import hashlib
import random
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deploy.verify.invariant import PAGE
from deploy.verify.report import MAX_EXAMPLES, Result, outcome_of
from deploy.verify.snapshots import SharedConnection, Snapshots
from shared.files import FileStore, open_store

file_location: ContextVar[str | None] = ContextVar("file_location", default=None)
"""Where the files of the system that is checked lie, as PATRON_FILES says it. None: not known here, so the rows alone
are checked."""

ORPHAN_AFTER = timedelta(hours=2)  # swept after one; by then nobody is about to name them
SAMPLE = 100  # parts whose digests are worked out


@dataclass(frozen=True)
class StoredBytes:
    """Each part's row has its bytes and no bytes are without a row for long. Checked is how many parts there are."""

    code: str
    name: str
    services: Sequence[str]

    async def check(self, snapshots: Snapshots) -> Result:
        location = file_location.get()
        checked, faults = 0, []
        for service in self.services:
            if location is not None:
                count, differing = await _compare(snapshots.now[service], open_store(location, service))
                checked += count
                faults += [f"{service}: {fault}" for fault in differing]
        return Result(self.code, self.name, outcome_of(faults), checked, len(faults), tuple(faults[:MAX_EXAMPLES]))


async def _compare(connection: SharedConnection, store: FileStore) -> tuple[int, list[str]]:
    stored = {item.key: item async for batch in store.list() for item in batch}
    faults: list[str] = []
    sample: list[tuple[str, bytes]] = []
    count = 0
    async for page in connection.pages("select key, size, sha256 from stored_part order by key", PAGE):
        for row in page:
            count += 1
            # written since the store was listed, it is asked for by itself
            item = stored.pop(row["key"], None) or await store.stat(row["key"])
            if item is None:
                faults.append(f"part {row['key']} has no bytes")
            elif item.size != row["size"]:
                faults.append(f"part {row['key']} has {item.size} bytes in place of {row['size']}")
            elif len(sample) < SAMPLE:
                sample.append((row["key"], row["sha256"]))
            elif (place := random.randrange(count)) < SAMPLE:
                sample[place] = (row["key"], row["sha256"])
    for key, digest in sample:
        if await _digest(store, key) not in (digest, None):
            faults.append(f"part {key} has other bytes than it had")
    going = {row["key"] for row in await connection.fetch("select key from removed_part")}
    old = datetime.now(UTC) - ORPHAN_AFTER
    for key, item in stored.items():
        if key not in going and item.written_at < old:
            faults.append(f"bytes {key} belong to no part")
    return count, faults


async def _digest(store: FileStore, key: str) -> bytes | None:
    """None: they have just been deleted."""
    counted = hashlib.sha256()
    try:
        async for piece in store.get(key):
            counted.update(piece)
    except FileNotFoundError:
        return None
    return counted.digest()
