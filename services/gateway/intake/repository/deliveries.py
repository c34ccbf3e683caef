"""SQL of deliveries."""

from uuid import UUID

from services.gateway.core.repository import WriteConflict
from services.gateway.intake.domain.deliveries import Delivery
from services.gateway.intake.tables import delivery
from shared.messaging import Transaction
from shared.sql import insert_many


async def list_deliveries(tx: Transaction, order_id: UUID) -> list[Delivery]:
    """Deliveries of an order, earliest first."""
    rows = await tx.raw.fetch("select * from delivery where order_id = $1 order by delivered_at, id", order_id)
    return [Delivery(**dict(row)) for row in rows]


async def find_delivery(tx: Transaction, source: str, ref: str) -> Delivery | None:
    """A delivery by the source's own id."""
    row = await tx.raw.fetchrow("select * from delivery where source = $1 and ref = $2", source, ref)
    return None if row is None else Delivery(**dict(row))


async def add_delivery(tx: Transaction, new: Delivery) -> None:
    """Insert a delivery; WriteConflict when its id was used meanwhile."""
    if not await insert_many(tx, delivery, [new], on_conflict="nothing"):
        raise WriteConflict("a delivery_id was used by another transaction")
