"""SQL of opening files, any number in a few statements (an import is thousands)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.search_index import add_search_rows, drop_search_rows
from services.profile_svc.files.tables import customer
from shared.messaging import Transaction
from shared.sql import insert_columns, update_columns


class ConcurrentRegistration(asyncpg.SerializationError):
    """Another transaction opened one of these files meanwhile: begin again, and see what it wrote."""


async def load_files(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, CustomerFile]:
    """Those that exist, stubs too, locked in the order of their ids."""
    if not ids:
        return {}
    rows = await tx.raw.fetch(
        """select id, kind, facts, version, registered_at, updated_at from customer
           where id = any($1::uuid[]) order by id for no key update""",
        list(ids),
    )  # fmt: skip
    return {row["id"]: CustomerFile(**row) for row in rows}


async def add_files(tx: Transaction, files: Sequence[CustomerFile]) -> None:
    """Insert new files with their search rows. ConcurrentRegistration when one is there by now."""
    if not files:
        return
    columns = _columns(files) | {"registered_at": [file.registered_at for file in files]}
    if await insert_columns(tx, customer, columns, on_conflict="nothing") < len(files):
        raise ConcurrentRegistration("a stub of one of these customers was opened by another transaction")
    await add_search_rows(tx, files)


async def complete_stubs(tx: Transaction, files: Sequence[CustomerFile]) -> None:
    """Write over the stubs of customers who have become somebody, and make their search rows."""
    if not files:
        return
    await update_columns(tx, customer, _columns(files), key=("id",))
    for file in files:
        if file.version > 2:  # somebody amended the stub before: it may have been found by a phone
            await drop_search_rows(tx, file)
    await add_search_rows(tx, files)


def _columns(files: Sequence[CustomerFile]) -> dict[str, list[Any]]:
    return {
        "id": [file.id for file in files],
        "kind": [file.kind for file in files],
        "facts": [file.facts for file in files],
        "completeness": [file.completeness.percent for file in files],
        "version": [file.version for file in files],
        "updated_at": [file.updated_at for file in files],
    }
