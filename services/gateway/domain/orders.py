"""Orders: what is accepted, once, and what an order sent again is answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from services.gateway.domain.references import Address, NewId, Registry, Reporter
from services.gateway.domain.rules import IntakeRules, plain
from shared.errors import DomainError, conflict, invalid
from shared.events import OrderLine, OrderPlaced

ZERO = Decimal(0)

OrderKey = tuple[str, str]
"""(source, the source's own order id)"""


@dataclass(frozen=True, slots=True)
class ReportedOrder:
    reporter: Reporter
    source: str
    order_ref: str
    customer: Address
    placed_at: datetime
    currency: str
    channel: str
    lines: tuple[OrderLine, ...]

    @property
    def key(self) -> OrderKey:
        return self.source, self.order_ref


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted order. It never changes; what is taken back of it stands beside it."""

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


@dataclass(frozen=True, slots=True)
class Receipt:
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
    orders: list[Order] = field(default_factory=list)
    events: list[OrderPlaced] = field(default_factory=list)


def fingerprint(order: ReportedOrder) -> bytes:
    """Equal for equal content, however it was written: 10.0 and 10.00, +00:00 and Z, lines in any order.

    The customer is not in it: whom the order belongs to is compared by Patron's id.
    """
    parts = [order.placed_at.astimezone(UTC).isoformat(), order.currency, order.channel]
    for line in sorted(order.lines, key=_number):
        parts += (str(line.line), line.sku, line.category, str(line.quantity), plain(line.amount))
        parts += (plain(line.unit_cost), plain(line.discount))
    return sha256("\n".join(parts).encode()).digest()


def check_order(order: ReportedOrder, rules: IntakeRules) -> None:
    """What can be said about an order without knowing anything else. `history` and future: see `accept_orders`."""
    rules.check_currency(order.currency)
    if not order.lines:
        raise invalid("no_lines", "an order has at least one line", pointer="/lines")
    if len(order.lines) > rules.most_lines:
        raise invalid("too_many_lines", f"an order has at most {rules.most_lines} lines", pointer="/lines")
    numbers: set[int] = set()
    for index, line in enumerate(order.lines):
        if line.line in numbers:
            raise invalid("duplicate_line", "each line has a number of its own", pointer=f"/lines/{index}/line")
        numbers.add(line.line)
        rules.check_amount(line.amount, f"/lines/{index}/amount")
        if line.discount is not None:
            rules.check_amount(line.discount, f"/lines/{index}/discount")
    rules.check_amount(sum((line.amount for line in order.lines), ZERO), "/lines")


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
    rules.check_instant(order.placed_at, at, "/placed_at", may_backdate=True)
    mark = fingerprint(order)
    earlier = known.get(order.key)
    if earlier is not None:
        # asked again: no rule that has come to bite since (backdating) may change the answer
        if earlier.fingerprint != mark or registry.find(order.customer, order.reporter) != earlier.customer_id:
            raise conflict("order_id_reused", "this order_id was used for another order", pointer="/order_id")
        return earlier
    rules.check_instant(order.placed_at, at, "/placed_at", may_backdate=order.reporter.may_backdate)
    customer_id = registry.reference(order.customer, order.reporter, at, new_id)
    accepted = Order(
        id=new_id(),
        source=order.source,
        order_ref=order.order_ref,
        customer_id=customer_id,
        placed_at=order.placed_at,
        currency=order.currency,
        channel=order.channel,
        amount=sum((line.amount for line in order.lines), ZERO),
        lines=order.lines,
        fingerprint=mark,
        event_id=new_id(),
        recorded_at=at,
    )
    receipt = Receipt(accepted.id, accepted.order_ref, customer_id, accepted.event_id, mark)
    known[order.key] = receipt
    decision.orders.append(accepted)
    decision.events.append(order_placed(accepted))
    return receipt


def order_placed(order: Order) -> OrderPlaced:
    return OrderPlaced(
        order_id=order.id,
        customer_id=order.customer_id,
        source=order.source,
        placed_at=order.placed_at,
        currency=order.currency,
        channel=order.channel,
        amount=order.amount,
        lines=order.lines,
    )


def _number(line: OrderLine) -> int:
    return line.line
