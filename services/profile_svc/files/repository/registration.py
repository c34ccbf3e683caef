"""SQL of opening files, any number in a few statements (an import is thousands)."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg
import orjson

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.search_index import add_search_rows, drop_search_rows
from shared.messaging import Transaction

ADD = """
insert into customer (id, kind, facts, completeness, version, registered_at, updated_at)
select * from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::smallint[], $5::int[], $6::timestamptz[],
    $7::timestamptz[]) as a(id) order by id
on conflict (id) do nothing
"""

COMPLETE = """
update customer c
set kind = a.kind, facts = a.facts, completeness = a.completeness, version = a.version, updated_at = a.updated_at
from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::smallint[], $5::int[], $6::timestamptz[])
    as a(id, kind, facts, completeness, version, updated_at)
where c.id = a.id
"""


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
    status = await tx.raw.execute(
        ADD, *_columns(files), [file.registered_at for file in files], [file.updated_at for file in files]
    )
    if status != f"INSERT 0 {len(files)}":
        raise ConcurrentRegistration("a stub of one of these customers was opened by another transaction")
    await add_search_rows(tx, files)


async def complete_stubs(tx: Transaction, files: Sequence[CustomerFile]) -> None:
    """Write over the stubs of customers who have become somebody, and make their search rows."""
    if not files:
        return
    await tx.raw.execute(COMPLETE, *_columns(files), [file.updated_at for file in files])
    for file in files:
        if file.version > 2:  # somebody amended the stub before: it may have been found by a phone
            await drop_search_rows(tx, file)
    await add_search_rows(tx, files)


def _columns(files: Sequence[CustomerFile]) -> tuple[list[object], ...]:
    return (
        [file.id for file in files], [file.kind for file in files],
        [orjson.dumps(file.facts).decode() for file in files], [file.completeness.percent for file in files],
        [file.version for file in files],
    )  # fmt: skip
