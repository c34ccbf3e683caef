"""SQL of a person's exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.profile_svc.person_exports.tables import person_export, person_export_part
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import insert_many


@dataclass(frozen=True, slots=True)
class PersonExport:
    """An export that somebody asked for."""

    id: UUID
    customer_id: UUID
    requested_by: str
    expires_at: datetime
    fetched_at: datetime | None


async def add_export(tx: Transaction, export: PersonExport) -> None:
    """Keep who asked for what."""
    await insert_many(tx, person_export, [export])


async def load_export(tx: Transaction, customer_id: UUID, id: UUID, requested_by: str) -> PersonExport:
    """The export, locked; 404 `export_not_found` when it is another customer's, or somebody else asked for it."""
    row = await tx.raw.fetchrow(
        """select id, customer_id, requested_by, expires_at, fetched_at from person_export
           where id = $1 and customer_id = $2 and requested_by = $3 for update""",
        id, customer_id, requested_by,
    )  # fmt: skip
    if row is None:
        raise not_found("export_not_found", "There is no such export.")
    return PersonExport(**row)


async def add_part(tx: Transaction, export_id: UUID, number: int, service: str, content: str) -> None:
    """Keep a page of what a service told."""
    row = {"export_id": export_id, "number": number, "service": service, "content": content}
    await insert_many(tx, person_export_part, [row])


async def take_parts(tx: Transaction, export_id: UUID) -> Sequence[tuple[str, str]]:
    """The parts, in order, as pairs of a service and its content; they are there no longer."""
    rows = await tx.raw.fetch(
        """with taken as (delete from person_export_part where export_id = $1 returning number, service, content),
                fetched as (update person_export set fetched_at = $2 where id = $1)
           select service, content from taken order by number""",
        export_id, tx.at,
    )  # fmt: skip
    return [(row["service"], row["content"]) for row in rows]


async def delete_expired(tx: Transaction) -> None:
    """Delete what nobody fetched in time."""
    await tx.raw.execute(
        """delete from person_export_part p using person_export e
           where e.id = p.export_id and e.expires_at <= $1""",
        tx.at,
    )  # fmt: skip
