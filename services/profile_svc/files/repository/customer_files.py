"""Files in the database: one row each, and the rows made from it so that it can be found.

A customer who was merged with others is read with all of them (P12), as far as the actor may see them: the company's
own people see all of a customer of whom they see a part, a partner the members that its own source knows.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, select, union, update

from services.profile_svc.files.domain.combined_file import CombinedFile, FileMerge, combine
from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.search_index import add_search_rows, drop_search_rows
from services.profile_svc.files.tables import customer
from services.profile_svc.references.repository.customer_sources import not_erased, visible_to
from shared.chassis import Actor, data_scope
from shared.errors import customer_not_found
from shared.messaging import Transaction
from shared.sql import insert_many

MERGES_IN_FORCE = """
select merge_id, root_id, absorbed_id, d.keep::text as keep, d.edited
from customer_merge m join merge_decision d using (merge_id)
where m.unmerged_at is null and m.root_id in (select id from customer where root_id = $1) order by m.merged_at, merge_id
"""


def file_of_row(row: Any) -> CustomerFile:
    """The file in a row of `customer`."""
    return CustomerFile(row.id, row.kind, row.facts, row.version, row.registered_at, row.updated_at)


async def find_file(tx: Transaction, id: UUID, actor: Actor) -> CombinedFile | None:
    """The file, of all who are one with the customer, if there is one and the actor may see it."""
    return await _find(tx, id, actor, select(customer).where(customer.c.id.in_(_members_of(id))))


async def get_file(tx: Transaction, id: UUID, actor: Actor) -> CombinedFile:
    """The file, of all who are one with the customer; 404 when there is none that the actor may see."""
    file = await find_file(tx, id, actor)
    if file is None:
        raise customer_not_found(id)
    return file


async def load_file(tx: Transaction, id: UUID, actor: Actor) -> CombinedFile:
    """The file, each member's own locked against other changes; 404 when there is none that the actor may see."""
    query = select(customer).where(customer.c.id.in_(_members_of(id))).order_by(customer.c.id)
    locked: set[UUID] = set()
    while True:  # a merge that was committed while we waited brings members who are not locked yet
        rows = (await tx.sql.execute(query.with_for_update(key_share=True))).all()
        if {row.id for row in rows} <= locked:
            break
        locked |= {row.id for row in rows}
    file = await find_file(tx, id, actor)
    if file is None:
        raise customer_not_found(id)
    return file


def _members_of(id: UUID) -> Any:
    """The ids of all who are one with a customer; where it was merged with nobody, a look at its own row."""
    given, other = customer.alias(), customer.alias()
    of_same_root = select(other.c.id).join(given, given.c.root_id == other.c.root_id).where(given.c.id == id)
    return union(select(given.c.id).where(given.c.id == id), of_same_root).scalar_subquery()


async def _find(tx: Transaction, id: UUID, actor: Actor, query: Select[Any]) -> CombinedFile | None:
    rows = (await tx.sql.execute(visible_to(query, customer.c.id, data_scope(tx, actor)))).all()
    if not rows:
        return None
    root_id = rows[0].root_id
    if root_id is None:
        return combine({rows[0].id: file_of_row(rows[0])}, [rows[0].id], ())
    if actor.source is None:  # who may see a part of a customer may see all of it
        rows = (await tx.sql.execute(not_erased(query, customer.c.id))).all()
    elif all(row.id != id for row in rows):
        return None
    files = {row.id: file_of_row(row) for row in rows}
    members = in_order(files, root_id)
    return combine(files, members, await list_merges_in_force(tx, root_id))


def in_order(members: Collection[UUID], root_id: UUID) -> list[UUID]:
    """Members of one customer: who stands for them first, the others by id."""
    return sorted(members, key=lambda id: (id != root_id, id))


async def list_merges_in_force(tx: Transaction, root_id: UUID) -> list[FileMerge]:
    """The merges in force that made others one with this root, oldest first, with what was decided."""
    rows = await tx.raw.fetch(MERGES_IN_FORCE, root_id)
    return [
        FileMerge(row[0], row[1], row[2], keep=orjson.loads(row["keep"]), edited=frozenset(row["edited"]))
        for row in rows
    ]


async def note_edited(tx: Transaction, file: CombinedFile, fields: Collection[str]) -> None:
    """From now on the root's value of these fields counts in a merged file, whatever the absorbed ones say."""
    merge_ids = [merge.merge_id for merge in file.merges if merge.root_id == file.edited_member]
    if merge_ids and fields:
        await tx.raw.execute(
            """update merge_decision set edited = array(select distinct unnest(edited || $2::text[]) order by 1)
               where merge_id = any($1::uuid[])""",
            merge_ids, sorted(fields),
        )  # fmt: skip


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
