"""SQL of partners' keys."""

from uuid import UUID

from sqlalchemy import insert, select, update

from services.gateway.access.domain import KeyHolder, PartnerKey
from services.gateway.access.tables import partner_key
from shared.messaging import Transaction


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
