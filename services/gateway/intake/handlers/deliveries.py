"""Deliveries of orders: recorded once; reported again, they are answered the same."""

from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import IntakeRules, fingerprint_of
from services.gateway.intake.domain.deliveries import Delivery, deliver
from services.gateway.intake.handlers.orders import load_order
from services.gateway.intake.repository import deliveries
from services.gateway.references.domain import Reporter
from shared.errors import conflict
from shared.messaging import Transaction, announce, new_id


async def record_delivery(
    tx: Transaction, order_id: UUID, reporter: Reporter, ref: str, delivered_at: datetime, rules: IntakeRules
) -> Delivery:
    """Record a delivery under the source's own id; 409 when the id was used for another one."""
    order = await load_order(tx, order_id, reporter.only_source)
    fingerprint = fingerprint_of(order.id, delivered_at)
    earlier = await deliveries.find_delivery(tx, order.source, ref)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise conflict(
                "delivery_id_reused", "This delivery_id was used for another delivery.", pointer="/delivery_id"
            )
        return earlier
    rules.check_instant(delivered_at, tx.at, "/delivered_at", may_backdate=reporter.may_backdate)
    delivery, event = deliver(order, ref, delivered_at, fingerprint, at=tx.at, new_id=new_id)
    await deliveries.add_delivery(tx, delivery)
    announce(tx, [event], ids=[delivery.event_id])
    return delivery
