"""Orders: a group of them is accepted in one transaction, and one of them is shown with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.deliveries import Delivery
from services.gateway.intake.domain.orders import (
    AcceptedOrder,
    Order,
    OrderOutcome,
    ReportedOrder,
    accept_orders,
    order_placed,
)
from services.gateway.intake.domain.reversals import Reversal
from services.gateway.intake.handlers.group_commit import traces_of_items
from services.gateway.intake.repository import orders
from services.gateway.intake.repository.accepted_orders import load_accepted_orders
from services.gateway.intake.repository.deliveries import list_deliveries
from services.gateway.intake.repository.reversals import list_reversals
from services.gateway.references.handlers import note_foreign
from services.gateway.references.repository import add_references
from shared.errors import not_found
from shared.events import OrderPlaced
from shared.messaging import Transaction, announce, new_id
from shared.messaging.database.outbox_writer import SerializedEvent
from shared.messaging.tracing import current_traceparent, in_trace


async def accept_reported_orders(
    tx: Transaction, reported: Sequence[ReportedOrder], rules: IntakeRules
) -> Sequence[OrderOutcome]:
    """Accept a group of orders in one transaction, in order; a refused one does not touch the others."""
    receipts, registry = await load_accepted_orders(tx, reported)
    held = [order for order in reported if order.reporter.held_to is not None]
    if held:
        await note_foreign(tx, registry, ((order.reporter, order.customer) for order in held))
    decision = accept_orders(reported, receipts, registry, rules=rules, at=tx.at, new_id=new_id)
    if registry.added:
        await add_references(tx, registry.added)
    if decision.orders:
        await orders.add_orders(tx, decision.orders)
    first, of_customers = _traces(reported, decision.orders)
    with in_trace(first, of_customers):
        announce(tx, registry.events())
        announce(tx, map(event_of, decision.orders), ids=[order.event_id for order in decision.orders])
    return decision.outcomes


def _traces(
    reported: Sequence[ReportedOrder], accepted: Sequence[AcceptedOrder]
) -> tuple[str | None, dict[str, str] | None]:
    """A group is of many requests: each order's event, and its customer's, belong to the trace of its own."""
    traces = traces_of_items.get()
    first = traces[0] if traces else current_traceparent.get()
    if len(traces) != len(reported) or all(trace == first for trace in traces):
        return first, None
    of_orders = {order.key: trace for order, trace in zip(reported, traces, strict=True) if trace is not None}
    keys = ((str(order.customer_id), (order.source, order.content.order_ref)) for order in accepted)
    return first, {customer: of_orders[key] for customer, key in keys if key in of_orders}


def event_of(order: AcceptedOrder) -> SerializedEvent:
    """`OrderPlaced` of a new order, written without a model."""
    return SerializedEvent(OrderPlaced, str(order.customer_id), order.content.placed_at, order_placed(order))


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """An order with its reversals and deliveries."""

    order: Order
    reversals: Sequence[Reversal]
    deliveries: Sequence[Delivery]


async def load_order_history(tx: Transaction, order_id: UUID, source: str | None) -> OrderHistory:
    """An order and what became of it. For a partner (`source`) only its own: another's is not found (K17)."""
    order = await orders.find_order(tx, order_id, source)
    if order is None:
        raise order_not_found()
    return OrderHistory(order, await list_reversals(tx, order_id), await list_deliveries(tx, order_id))


async def load_order(tx: Transaction, order_id: UUID, source: str | None) -> Order:
    """An order, locked, so that its reversals and deliveries come in turn; not found as in `load_order_history`."""
    order = await orders.find_order(tx, order_id, source, lock=True)
    if order is None:
        raise order_not_found()
    return order


def order_not_found() -> Exception:
    """The answer for an order that does not exist, or not for who asks."""
    return not_found("order_not_found", "There is no such order.")
