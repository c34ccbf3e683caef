"""Files are deleted: rows in the caller's transaction, bytes soon after its commit."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from shared.files import repository
from shared.files.store import FileStore
from shared.messaging import Database, Transaction


async def remove_files(tx: Transaction, file_ids: Sequence[UUID]) -> int:
    """Delete these files: nobody reads them once the transaction commits, and the sweeper takes their bytes.

    Returns how many there were."""
    if not file_ids:
        return 0
    return await repository.delete_files(tx, file_ids)


async def erase_files_of(tx: Transaction, customer_id: UUID) -> int:
    """Delete all files that are about a customer, with their names (P13). Returns how many.

    The bytes go with `delete_removed_bytes`, or by the sweeper: they are gone once `removed_part` is empty.
    """
    return await remove_files(tx, await repository.list_files_of(tx, customer_id))


async def delete_removed_bytes(database: Database, store: FileStore) -> int:
    """Delete the bytes of files whose rows are gone. Killed in between, it is simply done again. Returns how many
    objects."""
    count = 0
    while keys := await database.run(repository.list_removed):
        await store.delete(keys)
        await database.run(partial(repository.forget_removed, keys=keys))
        count += len(keys)
    return count
