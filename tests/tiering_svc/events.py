"""Intake's events, as the tiering tests need them."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from shared.events import OrderCancelled, OrderLine, OrderPlaced, OrderReturned, ReversedLine
from shared.messaging import new_id


def placed(
    customer: UUID, placed_at: datetime, amount: str, *, cost: str | None = None, quantity: int = 1,
    order_id: UUID | None = None,
) -> OrderPlaced:  # fmt: skip
    """An order of one line of so many pieces. `cost` is that of one piece."""
    line = OrderLine(
        line=1, sku="sku-1", category="grocery", quantity=quantity, amount=Decimal(amount),
        unit_cost=None if cost is None else Decimal(cost),
    )  # fmt: skip
    return OrderPlaced(
        order_id=order_id or new_id(), customer_id=customer, source="patron", placed_at=placed_at, currency="USD",
        channel="shop", amount=line.amount, lines=(line,),
    )  # fmt: skip


def _piece(order: OrderPlaced, quantity: int, amount: Decimal) -> ReversedLine:
    line = order.lines[0]
    return ReversedLine(
        line=1, category=line.category, quantity=quantity, amount=amount, unit_cost=line.unit_cost
    )  # fmt: skip


def returned(
    order: OrderPlaced, returned_at: datetime | None = None, *, quantity: int | None = None, amount: str | None = None
) -> OrderReturned:
    """The whole order, or some of its pieces."""
    piece = _piece(order, quantity or order.lines[0].quantity, order.amount if amount is None else Decimal(amount))
    return OrderReturned(
        return_id=new_id(), order_id=order.order_id, customer_id=order.customer_id, placed_at=order.placed_at,
        returned_at=returned_at or order.placed_at + timedelta(days=1), amount=piece.amount, lines=(piece,),
    )  # fmt: skip


def cancelled(order: OrderPlaced, at: datetime) -> OrderCancelled:
    piece = _piece(order, order.lines[0].quantity, order.amount)
    return OrderCancelled(
        order_id=order.order_id, customer_id=order.customer_id, placed_at=order.placed_at, cancelled_at=at,
        amount=piece.amount, lines=(piece,),
    )  # fmt: skip
