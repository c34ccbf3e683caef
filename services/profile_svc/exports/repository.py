"""Exports in the database, and the pages of customers that go into them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import or_, select

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.customer_files import file_of_row, get_file
from services.profile_svc.files.tables import customer
from services.profile_svc.overview.tables import overview
from services.profile_svc.references.repository.customer_sources import visible_to
from shared.chassis import Actor, data_scope
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class CustomerExport:
    """An export: whose it is, its file, and what it holds."""

    id: UUID
    file_id: UUID
    owner: str
    layout: dict[str, Any] | None
    created_at: datetime
    expires_at: datetime


COLUMNS = ", ".join(f"e.{field.name}" for field in fields(CustomerExport))


async def add_export(
    tx: Transaction, export_id: UUID, file_id: UUID, owner: str, layout: Mapping[str, Any], expires_at: datetime
) -> None:
    """An export of which no page is written."""
    await tx.raw.execute(
        """insert into customer_export (id, file_id, owner, layout, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6)""",
        export_id, file_id, owner, orjson.dumps(layout).decode(), tx.at, expires_at,
    )  # fmt: skip


async def load_export(tx: Transaction, export_id: UUID, owner: str | None = None) -> tuple[CustomerExport, Job]:
    """The export (of that owner, where one is given) and its job; 404 `export_not_found`."""
    row = await tx.raw.fetchrow(
        f"""select {COLUMNS}, {job_columns("j")} from customer_export e join job j on j.id = e.id
            where e.id = $1 and e.expires_at > $2 and ($3::text is null or e.owner = $3)""",
        export_id, tx.at, owner,
    )  # fmt: skip
    if row is None:
        raise not_found("export_not_found", "There is no such export.")
    return CustomerExport(**{field.name: row[field.name] for field in fields(CustomerExport)}), job_of(row)


async def list_exports(
    tx: Transaction, owner: str, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[CustomerExport, Job]]:
    """Newest first, from after a (created_at, id)."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS}, {job_columns("j")} from customer_export e join job j on j.id = e.id
            where e.expires_at > $1 and e.owner = $2
              and ($3::timestamptz is null or (e.created_at, e.id) < ($3, $4::uuid))
            order by e.created_at desc, e.id desc limit $5""",
        tx.at, owner, *(before or (None, None)), limit,
    )  # fmt: skip
    names = [field.name for field in fields(CustomerExport)]
    return [(CustomerExport(**{name: row[name] for name in names}), job_of(row)) for row in rows]


async def forget_expired(tx: Transaction) -> None:
    """Delete exports whose time has come; their files go by themselves."""
    await tx.raw.execute("delete from customer_export where expires_at <= $1", tx.at)


async def list_page(
    tx: Transaction, actor: Actor, filters: Mapping[str, Any], after: UUID | None, limit: int
) -> list[CustomerFile]:
    """The next customers that the actor may see and the filters hold for, by id; who were merged are one."""
    query = select(customer).where(or_(customer.c.root_id.is_(None), customer.c.root_id == customer.c.id))
    if after is not None:
        query = query.where(customer.c.id > after)
    if (kind := filters.get("kind")) is not None:
        query = query.where(customer.c.kind == kind)
    if (region := filters.get("region")) is not None:
        query = query.where(customer.c.facts["region"].astext == region)
    if (tier := filters.get("tier")) is not None:
        query = query.join(overview, overview.c.customer_id == customer.c.id).where(overview.c.tier == tier)
    if (since := filters.get("updated_since")) is not None:
        query = query.where(customer.c.updated_at >= datetime.fromisoformat(since))
    if (ids := filters.get("ids")) is not None:
        query = query.where(customer.c.id.in_([UUID(id) for id in ids]))
    query = visible_to(query, customer.c.id, data_scope(tx, actor)).order_by(customer.c.id).limit(limit)
    rows = (await tx.sql.execute(query)).all()
    return [
        file_of_row(row) if row.root_id is None else (await get_file(tx, row.id, actor)).file for row in rows
    ]  # fmt: skip
