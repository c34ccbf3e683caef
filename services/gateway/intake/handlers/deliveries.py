"""Deliveries of orders: recorded once; reported again, they are answered the same."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import IntakeRules, fingerprint_of
from services.gateway.intake.domain.deliveries import Delivery, deliver
from services.gateway.intake.handlers.orders import load_order
from services.gateway.intake.repository import deliveries
from services.gateway.references.domain import Reporter
from shared.errors import conflict
from shared.events import DeliveredLine
from shared.messaging import Transaction, announce, new_id


async def record_delivery(
    tx: Transaction, order_id: UUID, reporter: Reporter, ref: str, delivered_at: datetime,
    lines: Sequence[DeliveredLine], rules: IntakeRules,
) -> Delivery:  # fmt: skip
    """Record a delivery under the source's own id; 409 when the id was used for another one. Without `lines` it is not
    known what arrived."""
    order = await load_order(tx, order_id, reporter.only_source)
    fingerprint = fingerprint_of(order.id, delivered_at, *sorted((line.line, line.quantity) for line in lines))
    earlier = await deliveries.find_delivery(tx, order.source, ref)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise conflict(
                "delivery_id_reused", "This delivery_id was used for another delivery.", pointer="/delivery_id"
            )
        return earlier
    rules.check_instant(delivered_at, tx.at, "/delivered_at", may_backdate=reporter.may_backdate)
    before = await deliveries.list_deliveries(tx, order.id) if lines else ()
    delivery, event = deliver(order, before, ref, delivered_at, lines, fingerprint, at=tx.at, new_id=new_id)
    await deliveries.add_delivery(tx, delivery)
    announce(tx, [event], ids=[delivery.event_id])
    return delivery
