"""SQL of deliveries."""

from uuid import UUID

from services.gateway.core.repository import WriteConflict
from services.gateway.intake.domain.deliveries import Delivery
from shared.messaging import Transaction


async def list_deliveries(tx: Transaction, order_id: UUID) -> list[Delivery]:
    """Deliveries of an order, earliest first."""
    rows = await tx.raw.fetch("select * from delivery where order_id = $1 order by delivered_at, id", order_id)
    return [Delivery(**dict(row)) for row in rows]


async def find_delivery(tx: Transaction, source: str, ref: str) -> Delivery | None:
    """A delivery by the source's own id."""
    row = await tx.raw.fetchrow("select * from delivery where source = $1 and ref = $2", source, ref)
    return None if row is None else Delivery(**dict(row))


async def add_delivery(tx: Transaction, delivery: Delivery) -> None:
    """Insert a delivery; WriteConflict when its id was used meanwhile."""
    added = await tx.raw.fetchval(
        """insert into delivery (id, source, ref, order_id, customer_id, delivered_at, fingerprint, event_id,
               recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (source, ref) do nothing returning true""",
        delivery.id, delivery.source, delivery.ref, delivery.order_id, delivery.customer_id, delivery.delivered_at,
        delivery.fingerprint, delivery.event_id, delivery.recorded_at,
    )  # fmt: skip
    if not added:
        raise WriteConflict("a delivery_id was used by another transaction")
