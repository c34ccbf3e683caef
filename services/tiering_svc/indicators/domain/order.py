"""An order net of what came back of it, and what a return or a cancellation took from it (T1)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class Order(NamedTuple):
    """An order less what was taken back of it. `quantity` 0 means nothing is left: it counts no more as an order."""

    order_id: UUID
    placed_at: datetime
    month: date
    amount: Decimal
    margin: Decimal | None  # None: some line's cost is not known
    quantity: int

    def less(self, reversal: "Reversal") -> "Order":
        """What is left of the order; its margin is not known as soon as a part of it is not."""
        margin = None if self.margin is None or reversal.margin is None else self.margin - reversal.margin
        return self._replace(
            amount=self.amount - reversal.amount, margin=margin, quantity=max(0, self.quantity - reversal.quantity)
        )


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a return or a cancellation took from an order."""

    order_id: UUID
    placed_at: datetime
    amount: Decimal
    margin: Decimal | None
    quantity: int
