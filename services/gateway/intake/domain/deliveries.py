"""Deliveries of an order: when its goods arrived, recorded once under the source's own delivery id."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import NewId
from services.gateway.intake.domain.orders import Order
from services.gateway.intake.domain.reversals import check_after_order
from shared.errors import invalid
from shared.events import DeliveredLine, OrderDelivered


@dataclass(frozen=True, slots=True)
class Delivery:
    """A recorded delivery of an order."""

    id: UUID
    source: str
    ref: str
    order_id: UUID
    customer_id: UUID
    delivered_at: datetime
    lines: tuple[DeliveredLine, ...]  # empty: the source did not say what arrived
    fingerprint: bytes
    event_id: UUID
    recorded_at: datetime


def deliver(
    order: Order,
    earlier: Iterable[Delivery],
    ref: str,
    delivered_at: datetime,
    lines: Sequence[DeliveredLine],
    fingerprint: bytes,
    *,
    at: datetime,
    new_id: NewId,
) -> tuple[Delivery, OrderDelivered]:
    """The delivery of an order, or of some pieces of its lines, and its event. Promised days run from `placed_at` to
    `delivered_at` (P9)."""
    check_after_order(order, delivered_at, "/delivered_at")
    _check_lines(order, earlier, lines)
    delivery = Delivery(
        id=new_id(),
        source=order.source,
        ref=ref,
        order_id=order.id,
        customer_id=order.customer_id,
        delivered_at=delivered_at,
        lines=tuple(lines),
        fingerprint=fingerprint,
        event_id=new_id(),
        recorded_at=at,
    )
    return delivery, OrderDelivered(
        delivery_id=delivery.id,
        order_id=order.id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        delivered_at=delivered_at,
        lines=delivery.lines,
    )


def _check_lines(order: Order, earlier: Iterable[Delivery], lines: Sequence[DeliveredLine]) -> None:
    """Refuse lines that the order does not have, and more pieces than were bought and have not arrived before."""
    bought = {line.line: line.quantity for line in order.lines}
    arrived = Counter[int]()
    for delivery in earlier:
        arrived.update({line.line: line.quantity for line in delivery.lines})
    numbers: set[int] = set()
    for index, piece in enumerate(lines):
        if piece.line in numbers:
            raise invalid("duplicate_line", "A delivery names each line once.", pointer=f"/lines/{index}/line")
        numbers.add(piece.line)
        if piece.line not in bought:
            raise invalid("unknown_line", "The order has no such line.", pointer=f"/lines/{index}/line")
        left = bought[piece.line] - arrived[piece.line]
        if piece.quantity > left:
            raise invalid(
                "more_than_bought", "It is more than was bought and has not arrived yet.",
                pointer=f"/lines/{index}/quantity", left=left,
            )  # fmt: skip
