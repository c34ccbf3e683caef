"""SQL of what is known about a group of reported orders: in one statement, straight on asyncpg."""

from collections.abc import Sequence

from services.gateway.intake.domain.orders import OrderKey, Receipt, ReportedOrder
from services.gateway.references.domain import Registry
from services.gateway.references.repository import load_registry
from shared.messaging import Transaction

# `lateral … limit 1` keeps to the indexes. A join would be planned once, while the tables are small, as a scan, and the
# prepared statement would keep that plan while they grow.
ACCEPTED_ORDERS = """
select named.source, named.order_ref, named.ref, o.id, o.customer_id, o.event_id, o.fingerprint,
       r.customer_id as reference_customer_id, r.registered_at is not null as is_registered
from unnest($1::text[], $2::text[], $3::text[]) as named(source, order_ref, ref)
left join lateral (
    select id, customer_id, event_id, fingerprint from customer_order
    where source = named.source and order_ref = named.order_ref limit 1
) o on true
left join lateral (
    select customer_id, registered_at from customer_reference where source = named.source and ref = named.ref limit 1
) r on true
"""


async def load_accepted_orders(
    tx: Transaction, reported: Sequence[ReportedOrder]
) -> tuple[dict[OrderKey, Receipt], Registry]:
    """Receipts of orders accepted before under these ids, and what the registry knows of the customers they name."""
    ids = {order.customer.customer_id for order in reported if order.customer.customer_id is not None}
    registry = await load_registry(tx, (), ids) if ids else Registry()
    receipts: dict[OrderKey, Receipt] = {}
    rows = await tx.raw.fetch(
        ACCEPTED_ORDERS,
        [order.source for order in reported],
        [order.content.order_ref for order in reported],
        [order.customer.ref for order in reported],
    )
    for source, order_ref, ref, order_id, customer_id, event_id, fingerprint, customer_of_ref, is_registered in rows:
        if order_id is not None:
            receipts[source, order_ref] = Receipt(order_id, order_ref, customer_id, event_id, fingerprint)
        if customer_of_ref is not None:
            (registry.references if is_registered else registry.offered)[source, ref] = customer_of_ref
    return receipts, registry
