"""Orders: what is accepted, once, and what an order sent again is answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.gateway.core.domain import IntakeRules, NewId
from services.gateway.intake.domain.order_content import SaidOrder
from services.gateway.references.domain import Address, Registry, Reporter
from shared.errors import DomainError, conflict
from shared.events import OrderLine

OrderKey = tuple[str, str]
"""(source, the source's own order id)"""


class ReportedOrder(NamedTuple):
    """What an order says, who reports it, and whose order and customer that makes it."""

    reporter: Reporter
    source: str
    customer: Address
    said: SaidOrder

    @property
    def key(self) -> OrderKey:
        return self.source, self.said.order_ref


def report_of(said: SaidOrder, reporter: Reporter, source: str) -> ReportedOrder:
    """`source` is the registered source behind the name in the order."""
    customer_id, _, ref = said.customer
    customer = Address(customer_id) if customer_id is not None else Address(None, source, ref)
    return ReportedOrder(reporter, source, customer, said)


class AcceptedOrder(NamedTuple):
    """A new order with what Patron gives it."""

    id: UUID
    source: str
    customer_id: UUID
    event_id: UUID
    said: SaidOrder


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is read back. It never changes; what is taken back of it stands beside it."""

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
    """What the sender is told, the same each time it asks."""

    id: UUID
    order_ref: str
    customer_id: UUID
    event_id: UUID
    fingerprint: bytes


Answer = Receipt | DomainError


@dataclass(slots=True)
class Decision:
    """One answer for each reported order, in order, and what is new."""

    answers: list[Answer] = field(default_factory=list)
    orders: list[AcceptedOrder] = field(default_factory=list)


def accept_orders(
    reported: Sequence[ReportedOrder],
    known: dict[OrderKey, Receipt],
    registry: Registry,
    *,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> Decision:
    """Decide order by order; one that is refused leaves no trace and does not touch the others.

    `known` and `registry` grow with what is accepted, so the same order twice in one batch is accepted once (K7).
    """
    decision = Decision()
    for order in reported:
        try:
            decision.answers.append(_accept(order, known, registry, decision, rules, at, new_id))
        except DomainError as refusal:
            decision.answers.append(refusal)
    return decision


def _accept(
    order: ReportedOrder,
    known: dict[OrderKey, Receipt],
    registry: Registry,
    decision: Decision,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> Receipt:
    said = order.said
    rules.check_instant(said.placed_at, at, "/placed_at", may_backdate=True)
    earlier = known.get(order.key)
    if earlier is not None:
        # asked again: no rule that has come to bite since (backdating) may change the answer
        same = earlier.fingerprint == said.fingerprint
        if not same or registry.find(order.customer, order.reporter) != earlier.customer_id:
            raise conflict("order_id_reused", "this order_id was used for another order", pointer="/order_id")
        return earlier
    if not order.reporter.may_backdate:
        rules.check_instant(said.placed_at, at, "/placed_at", may_backdate=False)
    customer_id = registry.reference(order.customer, order.reporter, at, new_id)
    accepted = AcceptedOrder(new_id(), order.source, customer_id, new_id(), said)
    receipt = Receipt(accepted.id, said.order_ref, customer_id, accepted.event_id, said.fingerprint)
    known[order.key] = receipt
    decision.orders.append(accepted)
    return receipt


def order_placed(order: AcceptedOrder) -> str:
    """The event `OrderPlaced` as JSON: around the lines that are JSON already. What stands in it needs no escaping."""
    said = order.said
    return (
        f'{{"order_id":"{order.id}","customer_id":"{order.customer_id}","source":"{order.source}",'
        f'"placed_at":"{said.placed_at.isoformat()}","currency":"{said.currency}","channel":"{said.channel}",'
        f'"amount":"{said.amount}","lines":{said.lines}}}'
    )
