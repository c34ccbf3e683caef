"""Accepting orders: each once per (source, order id); what is sent again gets the answer it got before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.gateway.core.domain import IntakeRules, NewId
from services.gateway.intake.domain.order_content import OrderContent
from services.gateway.references.domain import CustomerIdentifier, Registry, Reporter
from shared.errors import DomainError, conflict
from shared.events import OrderLine

OrderKey = tuple[str, str]
"""(source, the source's own order id)"""


class ReportedOrder(NamedTuple):
    """An order's content, who reports it, and whose order and customer that makes it."""

    reporter: Reporter
    source: str
    customer: CustomerIdentifier
    content: OrderContent

    @property
    def key(self) -> OrderKey:
        """What makes the order the same one when it is sent again."""
        return self.source, self.content.order_ref


def report_of(content: OrderContent, reporter: Reporter, source: str) -> ReportedOrder:
    """Join an order's content with its reporter; `source` is the registered source behind the name in the order."""
    customer_id, _, ref = content.customer
    customer = CustomerIdentifier(customer_id) if customer_id is not None else CustomerIdentifier(None, source, ref)
    return ReportedOrder(reporter, source, customer, content)


class AcceptedOrder(NamedTuple):
    """A new order with the ids that Patron gives it and its event."""

    id: UUID
    source: str
    customer_id: UUID
    event_id: UUID
    content: OrderContent


@dataclass(frozen=True, slots=True)
class Order:
    """A stored order. It never changes; reversals and deliveries of it are records of their own."""

    id: UUID
    source: str
    order_ref: str
    customer_id: UUID
    placed_at: datetime
    currency: str
    channel: str
    amount: Decimal
    lines: tuple[OrderLine, ...]
    fingerprint: bytes
    event_id: UUID
    recorded_at: datetime


class Receipt(NamedTuple):
    """The answer to an accepted order, the same each time the order is sent."""

    id: UUID
    order_ref: str
    customer_id: UUID
    event_id: UUID
    fingerprint: bytes


OrderOutcome = Receipt | DomainError
"""Of a reported order: accepted, now or before, or why it is refused."""


@dataclass(slots=True)
class Decision:
    """One outcome for each reported order, in the same order, and the orders that are new."""

    outcomes: list[OrderOutcome] = field(default_factory=list)
    orders: list[AcceptedOrder] = field(default_factory=list)


def accept_orders(
    reported: Sequence[ReportedOrder],
    receipts: dict[OrderKey, Receipt],
    registry: Registry,
    *,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> Decision:
    """Decide order by order; one that is refused leaves no trace and does not touch the others.

    `receipts` (of orders accepted before) and `registry` grow with what is accepted, so the same order twice in one
    batch is accepted once (K7).
    """
    decision = Decision()
    for order in reported:
        try:
            decision.outcomes.append(_accept(order, receipts, registry, decision, rules, at, new_id))
        except DomainError as refusal:
            decision.outcomes.append(refusal)
    return decision


def _accept(
    order: ReportedOrder,
    receipts: dict[OrderKey, Receipt],
    registry: Registry,
    decision: Decision,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> Receipt:
    content = order.content
    rules.check_instant(content.placed_at, at, "/placed_at", may_backdate=True)
    registry.refuse_foreign(order.customer, order.reporter)
    earlier = receipts.get(order.key)
    if earlier is not None:
        # sent again: no rule that has come to bite since (backdating) may change the answer
        same = earlier.fingerprint == content.fingerprint
        if not same or registry.find(order.customer, order.reporter) != earlier.customer_id:
            raise conflict("order_id_reused", "This order_id was used for another order.", pointer="/order_id")
        return earlier
    if not order.reporter.may_backdate:
        rules.check_instant(content.placed_at, at, "/placed_at", may_backdate=False)
    customer_id = registry.resolve_or_register(order.customer, order.reporter, at, new_id)
    accepted = AcceptedOrder(new_id(), order.source, customer_id, new_id(), content)
    receipt = Receipt(accepted.id, content.order_ref, customer_id, accepted.event_id, content.fingerprint)
    receipts[order.key] = receipt
    decision.orders.append(accepted)
    return receipt


def order_placed(order: AcceptedOrder) -> str:
    """The event `OrderPlaced` as JSON: around the lines that are JSON already. What stands in it needs no escaping."""
    content = order.content
    return (
        f'{{"order_id":"{order.id}","customer_id":"{order.customer_id}","source":"{order.source}",'
        f'"placed_at":"{content.placed_at.isoformat()}","currency":"{content.currency}","channel":"{content.channel}",'
        f'"amount":"{content.amount}","lines":{content.announced_lines}}}'
    )
