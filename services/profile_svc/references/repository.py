"""SQL of outside references, and which customers they make visible to a partner."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Select, exists, select

from services.profile_svc.core.domain import Reader
from services.profile_svc.references.domain import Reference
from services.profile_svc.references.tables import customer_reference
from shared.messaging import Transaction


class ConcurrentRegistration(asyncpg.SerializationError):
    """Another transaction wrote the same customer or reference meanwhile: begin again, and see what it wrote."""


def visible_to(query: Select[Any], customer_id: ColumnElement[UUID], reader: Reader) -> Select[Any]:
    """Only customers that are the reader's to see (G1)."""
    if reader.source is None:
        return query
    return query.where(
        exists().where(customer_reference.c.customer_id == customer_id, customer_reference.c.source == reader.source)
    )


async def find_customers_of(tx: Transaction, references: Collection[Reference]) -> dict[Reference, UUID]:
    if not references:
        return {}
    rows = await tx.raw.fetch(
        """select r.source, r.ref, r.customer_id
           from unnest($1::text[], $2::text[]) as given(source, ref) join customer_reference r using (source, ref)""",
        [source for source, _ in references], [ref for _, ref in references],
    )  # fmt: skip
    return {Reference(row["source"], row["ref"]): row["customer_id"] for row in rows}


async def add_references(tx: Transaction, named: Mapping[Reference, UUID]) -> None:
    if not named:
        return
    ordered = sorted(named)
    status = await tx.raw.execute(
        """insert into customer_reference (source, ref, customer_id, recorded_at)
           select source, ref, customer_id, $4
           from unnest($1::text[], $2::text[], $3::uuid[]) as a(source, ref, customer_id)
           on conflict (source, ref) do nothing""",
        [source for source, _ in ordered], [ref for _, ref in ordered],
        [named[reference] for reference in ordered], tx.at,
    )  # fmt: skip
    if status != f"INSERT 0 {len(ordered)}":
        raise ConcurrentRegistration("one of these references was given to a customer by another transaction")


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
