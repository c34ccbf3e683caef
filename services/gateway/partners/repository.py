"""SQL of partners."""

from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.gateway.partners.domain import Partner
from services.gateway.partners.tables import partner
from shared.messaging import Transaction


async def add_partner(tx: Transaction, new: Partner) -> bool:
    """Insert a partner; False when its code is taken."""
    values = {"id": new.id, "code": new.code, "name": new.name, "created_at": new.created_at}
    added = await tx.sql.execute(
        upsert(partner).values(values).on_conflict_do_nothing(index_elements=["code"]).returning(partner.c.id)
    )
    return added.first() is not None


async def find_partner(tx: Transaction, partner_id: UUID) -> Partner | None:
    """A partner by id."""
    row = (await tx.sql.execute(select(partner).where(partner.c.id == partner_id))).mappings().first()
    return None if row is None else _partner(row)


async def list_partners(tx: Transaction, after: UUID | None, limit: int) -> list[Partner]:
    """Partners in the order they were opened; `after` is the last id of the page before."""
    query = select(partner).order_by(partner.c.id).limit(limit)
    if after is not None:
        query = query.where(partner.c.id > after)
    return [_partner(row) for row in (await tx.sql.execute(query)).mappings()]


async def names_of_sources(tx: Transaction) -> dict[str, str]:
    """Every name of a partner's source -> the source: `partner:<id>` and the partner's code."""
    rows = (await tx.sql.execute(select(partner))).mappings().all()
    partners = [_partner(row) for row in rows]
    by_code = {partner.code: partner.source for partner in partners}
    return by_code | {source: source for source in by_code.values()}


def _partner(row: RowMapping) -> Partner:
    return Partner(row["id"], row["code"], row["name"], row["created_at"])
