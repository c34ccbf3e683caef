"""What an order earns (L2): a pure function of its lines, what was taken back, the tier then, and the programme.

Nothing here adds up deltas: `points_of` says what the order is worth now, and the ledger posts the difference to
what was posted before. So returns, cancellations and late tier changes may come in any order and in any pieces.
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
    line: int
    category: str
    amount: Decimal
    quantity: int
    taken_amount: Decimal = ZERO
    taken_quantity: int = 0

    def points(self, rate: Decimal, bonus: int) -> int:
        """Half-even of what is left of the amount, and the share of the bonus that is left; 0 when all came back."""
        if self.taken_quantity >= self.quantity:
            return 0
        earned = whole((self.amount - self.taken_amount) * rate) if self.amount > 0 else 0
        if not bonus:
            return earned
        return earned + self._share_left(bonus)

    def _share_left(self, bonus: int) -> int:
        if not self.taken_quantity:
            return bonus
        if self.amount > 0:
            return whole(bonus * (self.amount - self.taken_amount) / self.amount)
        return whole(Decimal(bonus * (self.quantity - self.taken_quantity)) / self.quantity)

    def take_back(self, piece: ReversedLine) -> None:
        quantity, amount = self.taken_quantity + piece.quantity, self.taken_amount + piece.amount
        if quantity > self.quantity or amount > max(self.amount, ZERO):
            raise conflict("more_than_was_left", f"line {self.line} is taken back more than once")
        self.taken_quantity, self.taken_amount = quantity, amount


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
    taken_by: list[UUID] = field(default_factory=list)  # returns (and the cancellation) already counted

    def take_back(self, fact_id: UUID, pieces: Sequence[ReversedLine]) -> bool:
        """Count a return or cancellation, once. False when it was counted before (K8)."""
        if fact_id in self.taken_by:
            return False
        lines = {line.line: line for line in self.lines}
        for piece in pieces:
            if piece.line not in lines:
                raise invalid("line_not_in_order", f"the order has no line {piece.line}")
            lines[piece.line].take_back(piece)
        self.taken_by.append(fact_id)
        return True


def order_to_earn(order: OrderPlaced, programme: Programme) -> EarningOrder:
    lines = [EarningLine(ln.line, ln.category, ln.amount, ln.quantity) for ln in order.lines]
    return EarningOrder(order.order_id, order.customer_id, order.placed_at, programme.version, lines)


def points_of(order: EarningOrder, programme: Programme, tier: str | None) -> int:
    """What the order is worth: a line's points are rounded once, half to even, after every factor (K4)."""
    plain = programme.base_rate * programme.multiplier(tier)
    categories, bonuses = programme.categories, programme.bonuses
    points = 0
    for line in order.lines:
        rate = plain * categories[line.category] if line.category in categories else plain
        points += line.points(rate, bonuses.get(line.category, 0))
    return points
