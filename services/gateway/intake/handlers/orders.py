"""Orders: a group of them is accepted in one transaction, and one of them is shown with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.deliveries import Delivery
from services.gateway.intake.domain.orders import (
    AcceptedOrder,
    Answer,
    Order,
    ReportedOrder,
    accept_orders,
    order_placed,
)
from services.gateway.intake.domain.reversals import TakenBack
from services.gateway.intake.repository import accepted_orders as intake
from services.gateway.intake.repository import orders
from services.gateway.intake.repository import reversals as follow_ups
from services.gateway.intake.repository.deliveries import list_deliveries
from services.gateway.references import repository as references
from shared.errors import not_found
from shared.events import OrderPlaced
from shared.messaging import Transaction, announce, new_id
from shared.messaging.outbox import Written


async def accept_reported_orders(
    tx: Transaction, reported: Sequence[ReportedOrder], rules: IntakeRules
) -> Sequence[Answer]:
    """Load, decide, save, announce: for as many orders as wait. A refused one does not touch the others."""
    known, registry = await intake.load_known(tx, reported)
    decision = accept_orders(reported, known, registry, rules=rules, at=tx.at, new_id=new_id)
    if registry.added:
        await references.add_references(tx, registry.added)
        announce(tx, registry.added)
    if decision.orders:
        await orders.add_orders(tx, decision.orders)
        announce(tx, map(told, decision.orders), ids=[order.event_id for order in decision.orders])
    return decision.answers


def told(order: AcceptedOrder) -> Written:
    return Written(OrderPlaced, str(order.customer_id), order.said.placed_at, order_placed(order))


@dataclass(frozen=True, slots=True)
class OrderStory:
    """An order and what became of it."""

    order: Order
    taken_back: Sequence[TakenBack]
    deliveries: Sequence[Delivery]


async def tell_order(tx: Transaction, order_id: UUID, source: str | None) -> OrderStory:
    """A partner (`source`) sees its own orders; another's is as if it did not exist (K17)."""
    order = await orders.find_order(tx, order_id, source)
    if order is None:
        raise order_not_found()
    return OrderStory(order, await follow_ups.list_taken_back(tx, order_id), await list_deliveries(tx, order_id))


async def load_order(tx: Transaction, order_id: UUID, source: str | None) -> Order:
    """Locked: what is taken back of one order comes in turn."""
    order = await orders.find_order(tx, order_id, source, lock=True)
    if order is None:
        raise order_not_found()
    return order


def order_not_found() -> Exception:
    return not_found("order_not_found", "no such order")
