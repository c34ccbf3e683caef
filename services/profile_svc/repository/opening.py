"""Opening files in the database, any number in a few statements (an import is thousands)."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson

from services.profile_svc.domain.customer import CustomerFile
from services.profile_svc.domain.opening import Reference
from services.profile_svc.repository.indexing import add_search_rows, drop_search_rows
from shared.messaging import Transaction


class Overtaken(asyncpg.SerializationError):
    """Another transaction wrote the same customer or reference meanwhile: begin again, and see what it wrote."""


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


async def find_customers_of(tx: Transaction, references: Collection[Reference]) -> dict[Reference, UUID]:
    if not references:
        return {}
    rows = await tx.raw.fetch(
        """select r.source, r.ref, r.customer_id
           from unnest($1::text[], $2::text[]) as asked(source, ref) join customer_reference r using (source, ref)""",
        [source for source, _ in references], [ref for _, ref in references],
    )  # fmt: skip
    return {(row["source"], row["ref"]): row["customer_id"] for row in rows}


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
    if not files:
        return
    status = await tx.raw.execute(
        ADD, *_columns(files), [file.registered_at for file in files], [file.updated_at for file in files]
    )
    if status != f"INSERT 0 {len(files)}":
        raise Overtaken("a stub of one of these customers was opened by another transaction")
    await add_search_rows(tx, files)


async def complete_stubs(tx: Transaction, files: Sequence[CustomerFile]) -> None:
    if not files:
        return
    await tx.raw.execute(COMPLETE, *_columns(files), [file.updated_at for file in files])
    for file in files:
        if file.version > 2:  # somebody amended the stub before: it may have been found by a phone
            await drop_search_rows(tx, file)
    await add_search_rows(tx, files)


async def add_references(tx: Transaction, named: Mapping[Reference, UUID]) -> None:
    if not named:
        return
    ordered = sorted(named)
    status = await tx.raw.execute(
        """insert into customer_reference (source, ref, customer_id, recorded_at)
           select source, ref, customer_id, $4
           from unnest($1::text[], $2::text[], $3::uuid[]) as a(source, ref, customer_id)
           on conflict (source, ref) do nothing""",
        [source for source, _ in ordered], [ref for _, ref in ordered], [named[one] for one in ordered], tx.at,
    )  # fmt: skip
    if status != f"INSERT 0 {len(ordered)}":
        raise Overtaken("one of these references was given to a customer by another transaction")


def _columns(files: Sequence[CustomerFile]) -> tuple[list[object], ...]:
    return (
        [file.id for file in files], [file.kind for file in files],
        [orjson.dumps(file.facts).decode() for file in files], [file.completeness.percent for file in files],
        [file.version for file in files],
    )  # fmt: skip
