"""SQL of partners' keys, of ended tokens, and of who signs in as which employee."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from services.gateway.access.domain.employees import KnownEmployee
from services.gateway.access.domain.partner_keys import KeyHolder, PartnerKey
from services.gateway.access.domain.revoked_tokens import RevokedToken
from services.gateway.access.tables import employee_sign_in, partner_key
from shared.events import EmployeeChanged
from shared.messaging import Transaction
from shared.sql import Upsert, columns_of, insert_columns


async def add_key(tx: Transaction, key: PartnerKey) -> None:
    """Insert a partner's key."""
    await tx.sql.execute(
        insert(partner_key).values(
            id=key.id, partner_id=key.partner_id, digest=key.digest, created_at=key.created_at, revoked_at=None
        )
    )


async def list_keys(tx: Transaction, partner_id: UUID) -> list[PartnerKey]:
    """All keys of a partner, revoked ones too, in the order of their issue."""
    query = select(partner_key).where(partner_key.c.partner_id == partner_id).order_by(partner_key.c.id)
    return [PartnerKey(**row) for row in (await tx.sql.execute(query)).mappings()]


async def revoke_key(tx: Transaction, partner_id: UUID, key_id: UUID) -> bool:
    """False when there is no such key. Revoking twice keeps the first instant."""
    rows = await tx.sql.execute(
        select(partner_key.c.revoked_at)
        .where(partner_key.c.id == key_id, partner_key.c.partner_id == partner_id)
        .with_for_update()
    )
    row = rows.first()
    if row is not None and row.revoked_at is None:
        await tx.sql.execute(update(partner_key).where(partner_key.c.id == key_id).values(revoked_at=tx.at))
    return row is not None


async def find_key_holder(tx: Transaction, key_id: UUID) -> KeyHolder | None:
    """What is stored of a key, and whose it is."""
    row = await tx.raw.fetchrow(
        """select k.id, k.partner_id, p.code, k.digest, k.revoked_at is not null as revoked
           from partner_key k join partner p on p.id = k.partner_id where k.id = $1""",
        key_id,
    )  # fmt: skip
    return None if row is None else KeyHolder(row["id"], row["partner_id"], row["code"], row["digest"], row["revoked"])


async def add_revoked_token(tx: Transaction, name: bytes, expires_at: datetime) -> None:
    """End a token until it expires; twice is the same. Those that have expired go."""
    await tx.raw.execute("delete from revoked_token where expires_at < clock_timestamp()")
    await tx.raw.execute(
        """insert into revoked_token (name, expires_at, revoked_at) values ($1, $2, clock_timestamp())
           on conflict (name) do nothing""",
        name, expires_at,
    )  # fmt: skip


async def list_revoked_tokens(tx: Transaction, since: datetime | None) -> Sequence[RevokedToken]:
    """Tokens that were ended since an instant of the database's clock, or ever, in the order in which they were."""
    rows = await tx.raw.fetch(
        """select name, expires_at, revoked_at from revoked_token
           where revoked_at >= coalesce($1, '-infinity'::timestamptz) order by revoked_at""",
        since,
    )  # fmt: skip
    return [RevokedToken(row["name"], row["expires_at"], row["revoked_at"]) for row in rows]


async def read_clock(tx: Transaction) -> datetime:
    """What the database's clock says now."""
    now: datetime = await tx.raw.fetchval("select clock_timestamp()")
    return now


async def save_employees(tx: Transaction, events: Sequence[EmployeeChanged]) -> None:
    """Write what employees sign in with; each is named once. The rest of them is in `employee_copy`, kept with it."""
    now = await read_clock(tx)
    columns = columns_of(events, ("employee_id", "subject_digest"))
    await insert_columns(tx, employee_sign_in, columns | {"recorded_at": [now] * len(events)}, on_conflict=Upsert())


async def delete_employees(tx: Transaction, employee_ids: Sequence[str]) -> None:
    """Delete what these employees sign in with."""
    await tx.raw.execute("delete from employee_sign_in where employee_id = any($1::text[])", list(employee_ids))


async def list_known_employees(tx: Transaction, since: datetime | None) -> Sequence[KnownEmployee]:
    """Employees of whom something was written since an instant of the database's clock, or ever, the oldest first."""
    rows = await tx.raw.fetch(
        """select s.employee_id, s.subject_digest, e.unit, e.left_at, s.recorded_at
           from employee_sign_in s join employee_copy e using (employee_id)
           where s.recorded_at >= coalesce($1, '-infinity'::timestamptz) order by s.recorded_at, s.employee_id""",
        since,
    )  # fmt: skip
    return [KnownEmployee(*row) for row in rows]
