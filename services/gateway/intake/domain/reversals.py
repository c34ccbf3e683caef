"""Reversals of an order: returns, and the cancellation of what is left. All pieces of a line together give the line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.gateway.core.domain import ZERO, IntakeRules, NewId, share
from services.gateway.intake.domain.orders import Order
from shared.errors import conflict, invalid
from shared.events import OrderCancelled, OrderReturned, ReversedLine


@dataclass(frozen=True, slots=True)
class ReturnedQuantity:
    """How many pieces of which line come back."""

    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """A recorded return or cancellation."""

    id: UUID
    kind: Literal["return", "cancellation"]
    source: str
    ref: str  # the source's own return id; for a cancellation the order's id
    order_id: UUID
    customer_id: UUID
    at: datetime
    reason: str | None
    amount: Decimal
    lines: tuple[ReversedLine, ...]
    fingerprint: bytes
    event_id: UUID
    recorded_at: datetime


@dataclass(slots=True)
class ReversedSoFar:
    """How much of one line was reversed before: pieces and amount."""

    quantity: int = 0
    amount: Decimal = ZERO


def reversed_so_far(reversals: Iterable[Reversal]) -> dict[int, ReversedSoFar]:
    """By number of the line. A line that nothing was reversed of is missing."""
    so_far: dict[int, ReversedSoFar] = {}
    for reversal in reversals:
        for line in reversal.lines:
            before = so_far.setdefault(line.line, ReversedSoFar())
            before.quantity += line.quantity
            before.amount += line.amount
    return so_far


def check_after_order(order: Order, instant: datetime, pointer: str) -> None:
    """Refuse what happened to an order before it was placed."""
    if instant < order.placed_at:
        raise invalid("before_its_order", "The order was placed later.", pointer=pointer)


def return_lines(
    order: Order,
    earlier: Sequence[Reversal],
    ref: str,
    returned: Sequence[ReturnedQuantity],
    returned_at: datetime,
    fingerprint: bytes,
    *,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> tuple[Reversal, OrderReturned]:
    """A return of lines, and its event. The amount of a piece is the difference of two half-even shares of the line's
    amount, so that the last piece makes it exact (K4). Refuses more than was bought and not reversed before."""
    check_after_order(order, returned_at, "/returned_at")
    if any(reversal.kind == "cancellation" for reversal in earlier):
        raise conflict("order_is_cancelled", "Nothing is left of a cancelled order.")
    if not returned:
        raise invalid("no_lines", "A return has at least one line.", pointer="/lines")
    pieces = _pieces(order, earlier, returned, rules)
    reversal = _new_reversal(order, "return", ref, returned_at, None, pieces, fingerprint, at, new_id)
    return reversal, OrderReturned(
        return_id=reversal.id,
        order_id=order.id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        returned_at=returned_at,
        amount=reversal.amount,
        lines=reversal.lines,
    )


def _pieces(
    order: Order, earlier: Sequence[Reversal], returned: Sequence[ReturnedQuantity], rules: IntakeRules
) -> tuple[ReversedLine, ...]:
    bought = {line.line: line for line in order.lines}
    so_far = reversed_so_far(earlier)
    pieces: list[ReversedLine] = []
    numbers: set[int] = set()
    for index, piece in enumerate(returned):
        if piece.line in numbers:
            raise invalid("duplicate_line", "A return names each line once.", pointer=f"/lines/{index}/line")
        numbers.add(piece.line)
        line = bought.get(piece.line)
        if line is None:
            raise invalid("unknown_line", "The order has no such line.", pointer=f"/lines/{index}/line")
        before = so_far.get(piece.line, ReversedSoFar())
        after = before.quantity + piece.quantity
        if after > line.quantity:
            raise invalid(
                "more_than_bought",
                "It is more than was bought and not yet reversed.",
                pointer=f"/lines/{index}/quantity",
                left=line.quantity - before.quantity,
            )
        amount = share(line.amount, after, line.quantity, rules.decimals) - before.amount
        pieces.append(
            ReversedLine(
                line=line.line, category=line.category, quantity=piece.quantity, amount=amount, unit_cost=line.unit_cost
            )
        )
    return tuple(pieces)


def cancel(
    order: Order,
    earlier: Sequence[Reversal],
    cancelled_at: datetime,
    reason: str | None,
    fingerprint: bytes,
    *,
    at: datetime,
    new_id: NewId,
) -> tuple[Reversal, OrderCancelled]:
    """The cancellation of an order, and its event: it reverses whatever was not returned before."""
    check_after_order(order, cancelled_at, "/cancelled_at")
    so_far = reversed_so_far(earlier)
    pieces = []
    for line in order.lines:
        before = so_far.get(line.line, ReversedSoFar())
        if before.quantity < line.quantity:
            pieces.append(
                ReversedLine(
                    line=line.line,
                    category=line.category,
                    quantity=line.quantity - before.quantity,
                    amount=line.amount - before.amount,
                    unit_cost=line.unit_cost,
                )
            )
    if not pieces:
        raise conflict("nothing_left", "Everything was returned before.")
    reversal = _new_reversal(
        order, "cancellation", str(order.id), cancelled_at, reason, tuple(pieces), fingerprint, at, new_id
    )
    return reversal, OrderCancelled(
        order_id=order.id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        cancelled_at=cancelled_at,
        reason=reason,
        amount=reversal.amount,
        lines=reversal.lines,
    )


def _new_reversal(
    order: Order,
    kind: Literal["return", "cancellation"],
    ref: str,
    instant: datetime,
    reason: str | None,
    pieces: tuple[ReversedLine, ...],
    fingerprint: bytes,
    at: datetime,
    new_id: NewId,
) -> Reversal:
    return Reversal(
        id=new_id(),
        kind=kind,
        source=order.source,
        ref=ref,
        order_id=order.id,
        customer_id=order.customer_id,
        at=instant,
        reason=reason,
        amount=sum((piece.amount for piece in pieces), ZERO),
        lines=pieces,
        fingerprint=fingerprint,
        event_id=new_id(),
        recorded_at=at,
    )
