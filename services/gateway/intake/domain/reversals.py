"""What is taken back of an order: returns, and the cancellation of what is left. All pieces of a line give the line."""

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
class LineWanted:
    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class TakenBack:
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
class Left:
    """What of a line has been taken back so far."""

    quantity: int = 0
    amount: Decimal = ZERO


def taken_so_far(takebacks: Iterable[TakenBack]) -> dict[int, Left]:
    so_far: dict[int, Left] = {}
    for takeback in takebacks:
        for line in takeback.lines:
            left = so_far.setdefault(line.line, Left())
            left.quantity += line.quantity
            left.amount += line.amount
    return so_far


def check_after_order(order: Order, instant: datetime, pointer: str) -> None:
    if instant < order.placed_at:
        raise invalid("before_its_order", "the order was placed later", pointer=pointer)


def return_lines(
    order: Order,
    earlier: Sequence[TakenBack],
    ref: str,
    wanted: Sequence[LineWanted],
    returned_at: datetime,
    mark: bytes,
    *,
    rules: IntakeRules,
    at: datetime,
    new_id: NewId,
) -> tuple[TakenBack, OrderReturned]:
    """Take lines back. Each piece is the difference of two half-even shares, so the last piece makes it exact (K4)."""
    check_after_order(order, returned_at, "/returned_at")
    if any(takeback.kind == "cancellation" for takeback in earlier):
        raise conflict("order_is_cancelled", "nothing is left of a cancelled order")
    if not wanted:
        raise invalid("no_lines", "a return has at least one line", pointer="/lines")
    pieces = _pieces(order, earlier, wanted, rules)
    record = _record(order, "return", ref, returned_at, None, pieces, mark, at, new_id)
    return record, OrderReturned(
        return_id=record.id,
        order_id=order.id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        returned_at=returned_at,
        amount=record.amount,
        lines=record.lines,
    )


def _pieces(
    order: Order, earlier: Sequence[TakenBack], wanted: Sequence[LineWanted], rules: IntakeRules
) -> tuple[ReversedLine, ...]:
    bought = {line.line: line for line in order.lines}
    so_far = taken_so_far(earlier)
    pieces: list[ReversedLine] = []
    asked: set[int] = set()
    for index, want in enumerate(wanted):
        if want.line in asked:
            raise invalid("duplicate_line", "each line once in a return", pointer=f"/lines/{index}/line")
        asked.add(want.line)
        line = bought.get(want.line)
        if line is None:
            raise invalid("unknown_line", "the order has no such line", pointer=f"/lines/{index}/line")
        left = so_far.get(want.line, Left())
        after = left.quantity + want.quantity
        if after > line.quantity:
            raise invalid(
                "more_than_bought",
                "more than was bought and not yet taken back",
                pointer=f"/lines/{index}/quantity",
                left=line.quantity - left.quantity,
            )
        amount = share(line.amount, after, line.quantity, rules.decimals) - left.amount
        pieces.append(
            ReversedLine(
                line=line.line, category=line.category, quantity=want.quantity, amount=amount, unit_cost=line.unit_cost
            )
        )
    return tuple(pieces)


def cancel(
    order: Order,
    earlier: Sequence[TakenBack],
    cancelled_at: datetime,
    reason: str | None,
    mark: bytes,
    *,
    at: datetime,
    new_id: NewId,
) -> tuple[TakenBack, OrderCancelled]:
    """Call off the rest: what was not returned before."""
    check_after_order(order, cancelled_at, "/cancelled_at")
    so_far = taken_so_far(earlier)
    pieces = []
    for line in order.lines:
        left = so_far.get(line.line, Left())
        if left.quantity < line.quantity:
            pieces.append(
                ReversedLine(
                    line=line.line,
                    category=line.category,
                    quantity=line.quantity - left.quantity,
                    amount=line.amount - left.amount,
                    unit_cost=line.unit_cost,
                )
            )
    if not pieces:
        raise conflict("nothing_left", "everything was returned before")
    record = _record(order, "cancellation", str(order.id), cancelled_at, reason, tuple(pieces), mark, at, new_id)
    return record, OrderCancelled(
        order_id=order.id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        cancelled_at=cancelled_at,
        reason=reason,
        amount=record.amount,
        lines=record.lines,
    )


def _record(
    order: Order,
    kind: Literal["return", "cancellation"],
    ref: str,
    instant: datetime,
    reason: str | None,
    pieces: tuple[ReversedLine, ...],
    mark: bytes,
    at: datetime,
    new_id: NewId,
) -> TakenBack:
    return TakenBack(
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
        fingerprint=mark,
        event_id=new_id(),
        recorded_at=at,
    )
