"""Files in the database: one row each, and the rows made from it so that it can be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select, update

from services.profile_svc.domain.customer import CustomerFile
from services.profile_svc.domain.reader import Reader, no_such_customer
from services.profile_svc.repository.indexing import add_search_rows, drop_search_rows
from services.profile_svc.tables import customer, customer_reference, overview
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Reference:
    source: str
    ref: str


def _visible_to(query: Select[Any], reader: Reader) -> Select[Any]:
    """Only customers that are the reader's to see (G1)."""
    if reader.source is None:
        return query
    return query.where(
        exists().where(customer_reference.c.customer_id == customer.c.id, customer_reference.c.source == reader.source)
    )


def _file(row: Any) -> CustomerFile:
    return CustomerFile(row.id, row.kind, row.facts, row.version, row.registered_at, row.updated_at)


async def find_file(tx: Transaction, id: UUID, reader: Reader) -> CustomerFile | None:
    row = (await tx.sql.execute(_visible_to(select(customer).where(customer.c.id == id), reader))).one_or_none()
    return None if row is None else _file(row)


async def get_file(tx: Transaction, id: UUID, reader: Reader) -> CustomerFile:
    file = await find_file(tx, id, reader)
    if file is None:
        raise no_such_customer()
    return file


async def load_file(tx: Transaction, id: UUID, reader: Reader) -> CustomerFile:
    query = _visible_to(select(customer).where(customer.c.id == id), reader).with_for_update(key_share=True)
    row = (await tx.sql.execute(query)).one_or_none()
    if row is None:
        raise no_such_customer()
    return _file(row)


async def list_files(
    tx: Transaction, reader: Reader, after: UUID | None, limit: int
) -> Sequence[tuple[CustomerFile, str | None, str | None]]:
    """Files in the order of their ids, that is of their registration, each with tier and account manager."""
    query = (
        select(customer, overview.c.tier, overview.c.account_manager)
        .outerjoin(overview, overview.c.customer_id == customer.c.id)
        .order_by(customer.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(customer.c.id > after)
    rows = await tx.sql.execute(_visible_to(query, reader))
    return [(_file(row), row.tier, row.account_manager) for row in rows]


async def save_file(tx: Transaction, file: CustomerFile, before: CustomerFile) -> None:
    await tx.sql.execute(update(customer).where(customer.c.id == file.id).values(_changing(file)))
    if any(file.facts.get(name) != before.facts.get(name) for name in ("names", "phones", "emails")):
        await drop_search_rows(tx, file)
        await add_search_rows(tx, [file])


def _changing(file: CustomerFile) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "facts": dict(file.facts),
        "completeness": file.completeness.percent,
        "version": file.version,
        "updated_at": file.updated_at,
    }


async def add_stubs(tx: Transaction, stubs: Sequence[CustomerFile]) -> set[UUID]:
    """Insert those that are not there yet, in one statement. Returns the ids of the new ones."""
    rows = await tx.raw.fetch(
        """insert into customer (id, kind, facts, completeness, version, registered_at, updated_at)
           select id, 'unknown', '{}', 0, 1, at, at from unnest($1::uuid[], $2::timestamptz[]) as a(id, at) order by id
           on conflict (id) do nothing returning id""",
        [stub.id for stub in stubs], [stub.registered_at for stub in stubs],
    )  # fmt: skip
    return {row["id"] for row in rows}


async def save_references(tx: Transaction, references: Sequence[tuple[str, str, UUID]]) -> None:
    """The registry's word counts: where it says that a reference is another customer's, it is."""
    last = {(source, ref): customer_id for source, ref, customer_id in references}
    await tx.raw.execute(
        """insert into customer_reference as r (source, ref, customer_id, recorded_at)
           select source, ref, customer_id, $4
           from unnest($1::text[], $2::text[], $3::uuid[]) as a(source, ref, customer_id) order by source, ref
           on conflict (source, ref) do update set customer_id = excluded.customer_id
               where r.customer_id <> excluded.customer_id""",
        [source for source, _ in last], [ref for _, ref in last], list(last.values()), tx.at,
    )  # fmt: skip


async def list_references(tx: Transaction, customer_id: UUID, reader: Reader) -> list[Reference]:
    """A partner sees its own name for the customer, not those of others."""
    query = select(customer_reference).where(customer_reference.c.customer_id == customer_id)
    if reader.source is not None:
        query = query.where(customer_reference.c.source == reader.source)
    rows = await tx.sql.execute(query.order_by(customer_reference.c.source, customer_reference.c.ref))
    return [Reference(row.source, row.ref) for row in rows]


async def add_access(tx: Transaction, reader: Reader, action: str, customer_ids: Sequence[UUID]) -> None:
    """The access trail (P13): a plain row for every file somebody saw or changed."""
    await tx.raw.execute(
        """insert into file_access (at, actor, customer_id, action)
           select $1, $2, id, $3 from unnest($4::uuid[]) as a(id)""",
        tx.at, reader.actor, action, customer_ids,
    )  # fmt: skip
