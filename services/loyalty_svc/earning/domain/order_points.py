"""What an order earns (L2): a pure function of its lines, what was reversed of them, the tier then, and the programme.

Nothing here adds up deltas: `points_for_order` says what the order is worth now, and the ledger posts the difference
to what was posted before. So returns, cancellations and late tier changes may come in any order and in any pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.loyalty_svc.programmes.domain import ZERO, Programme, whole
from shared.errors import conflict, invalid
from shared.events import OrderPlaced, ReversedLine


@dataclass(slots=True)
class EarningLine:
    """A line of an order: its amount in the accounting currency, and what was returned or cancelled of it."""

    line: int
    category: str
    amount: Decimal
    quantity: int
    reversed_amount: Decimal = ZERO
    reversed_quantity: int = 0

    def points(self, rate: Decimal, bonus: int) -> int:
        """What is left of the amount times the rate, half to even, plus the share of the bonus that is left.

        `rate`: points per 1.00; `bonus`: points for the whole line. 0 when all of the line was reversed.
        """
        if self.reversed_quantity >= self.quantity:
            return 0
        earned = whole((self.amount - self.reversed_amount) * rate) if self.amount > 0 else 0
        if not bonus:
            return earned
        return earned + self._share_left(bonus)

    def _share_left(self, bonus: int) -> int:
        if not self.reversed_quantity:
            return bonus
        if self.amount > 0:
            return whole(bonus * (self.amount - self.reversed_amount) / self.amount)
        return whole(Decimal(bonus * (self.quantity - self.reversed_quantity)) / self.quantity)

    def reverse(self, reversed_line: ReversedLine) -> None:
        """Count what was returned or cancelled. 409 `more_than_was_left` beyond the line's quantity or amount."""
        quantity = self.reversed_quantity + reversed_line.quantity
        amount = self.reversed_amount + reversed_line.amount
        if quantity > self.quantity or amount > max(self.amount, ZERO):
            raise conflict("more_than_was_left", f"More of line {self.line} was reversed than was left of it.")
        self.reversed_quantity, self.reversed_amount = quantity, amount


@dataclass(slots=True)
class EarningOrder:
    """One order as the ledger needs it: one row, never one a line."""

    order_id: UUID
    customer_id: UUID
    placed_at: datetime
    programme: int  # the version it was recorded under
    lines: list[EarningLine]
    posted: int = 0  # points that stand in the ledger for it
    lots: list[UUID] = field(default_factory=list)  # the lots its earnings made
    reversed_by: list[UUID] = field(default_factory=list)  # returns (and the cancellation) already counted

    def reverse(self, fact_id: UUID, reversed_lines: Sequence[ReversedLine]) -> bool:
        """Count a return or cancellation, once. False when it was counted before (K8)."""
        if fact_id in self.reversed_by:
            return False
        lines = {line.line: line for line in self.lines}
        for reversed_line in reversed_lines:
            if reversed_line.line not in lines:
                raise invalid("line_not_in_order", f"The order has no line {reversed_line.line}.")
            lines[reversed_line.line].reverse(reversed_line)
        self.reversed_by.append(fact_id)
        return True


def earning_order_of(order: OrderPlaced, programme: Programme) -> EarningOrder:
    """The order as it was placed, under the version of the programme that holds for it; nothing is posted yet."""
    lines = [EarningLine(line.line, line.category, line.amount, line.quantity) for line in order.lines]
    return EarningOrder(order.order_id, order.customer_id, order.placed_at, programme.version, lines)


def points_for_order(order: EarningOrder, programme: Programme, tier: str | None) -> int:
    """What the order is worth: a line's points are rounded once, half to even, after every factor (K4)."""
    rate = programme.base_rate * programme.multiplier(tier)
    categories, bonuses = programme.categories, programme.bonuses
    points = 0
    for line in order.lines:
        line_rate = rate * categories[line.category] if line.category in categories else rate
        points += line.points(line_rate, bonuses.get(line.category, 0))
    return points
