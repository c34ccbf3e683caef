"""Files in the database: one row each, and the rows made from it so that it can be found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.search_index import add_search_rows, drop_search_rows
from services.profile_svc.files.tables import customer
from services.profile_svc.references.repository.customer_sources import visible_to
from shared.chassis import Actor
from shared.errors import customer_not_found
from shared.messaging import Transaction
from shared.sql import insert_many


def file_of_row(row: Any) -> CustomerFile:
    """The file in a row of `customer`."""
    return CustomerFile(row.id, row.kind, row.facts, row.version, row.registered_at, row.updated_at)


async def find_file(tx: Transaction, id: UUID, actor: Actor) -> CustomerFile | None:
    """The file, if there is one and the actor may see it."""
    row = (
        await tx.sql.execute(visible_to(select(customer).where(customer.c.id == id), customer.c.id, actor))
    ).one_or_none()
    return None if row is None else file_of_row(row)


async def get_file(tx: Transaction, id: UUID, actor: Actor) -> CustomerFile:
    """The file; 404 when there is none that the actor may see."""
    file = await find_file(tx, id, actor)
    if file is None:
        raise customer_not_found(id)
    return file


async def load_file(tx: Transaction, id: UUID, actor: Actor) -> CustomerFile:
    """The file, locked against other changes; 404 when there is none that the actor may see."""
    query = visible_to(select(customer).where(customer.c.id == id), customer.c.id, actor).with_for_update(
        key_share=True
    )
    row = (await tx.sql.execute(query)).one_or_none()
    if row is None:
        raise customer_not_found(id)
    return file_of_row(row)


async def save_file(tx: Transaction, file: CustomerFile, before: CustomerFile) -> None:
    """Write a changed file, and its search rows when what they are made of changed."""
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
    new = [{"id": stub.id, "registered_at": stub.registered_at, "updated_at": stub.registered_at} for stub in stubs]
    empty = {"kind": "unknown", "facts": {}, "completeness": 0, "version": 1}
    rows = await insert_many(tx, customer, new, shared=empty, on_conflict="nothing", returning=("id",))
    return {row["id"] for row in rows}
