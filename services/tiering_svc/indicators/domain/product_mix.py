"""What customers buy by category (T14): kept with each order, less what was taken back, added up when asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from shared.events import OrderLine, ReversedLine

ZERO = Decimal(0)


@dataclass(slots=True)
class Bought:
    """What was bought of one category. `margin` None: some cost is not known."""

    amount: Decimal = ZERO
    quantity: int = 0
    margin: Decimal | None = ZERO

    def add(self, amount: Decimal, quantity: int, margin: Decimal | None) -> None:
        """Add what another line brings; the margin is not known as soon as that of one line is not."""
        self.amount += amount
        self.quantity += quantity
        self.margin = None if self.margin is None or margin is None else self.margin + margin


Mix = Mapping[str, Bought]


class LinesSummed(NamedTuple):
    """An order's lines, or what was taken back of them, added up in one pass."""

    quantity: int
    margin: Decimal | None  # amount less cost; None as soon as one line's cost is not known
    mix: str  # by category, as facts keep it: {category: [amount, quantity, margin]}


def sum_up(lines: Iterable[OrderLine | ReversedLine]) -> LinesSummed:
    """Lines added up, in all and by category."""
    mix: dict[str, Bought] = {}
    for line in lines:
        bought = mix.get(line.category)
        if bought is None:
            bought = mix[line.category] = Bought()
        cost = line.unit_cost
        bought.add(line.amount, line.quantity, None if cost is None else line.amount - cost * line.quantity)
    whole = Bought()
    for bought in mix.values():
        whole.add(bought.amount, bought.quantity, bought.margin)
    return LinesSummed(whole.quantity, whole.margin, _text(mix))


def _text(mix: Mix) -> str:
    """As JSON, put together by hand: an order waits for it, and codes and numbers need no escaping."""
    parts = []
    for category, bought in mix.items():
        margin = "null" if bought.margin is None else f'"{bought.margin}"'
        parts.append(f'"{category}": ["{bought.amount}", {bought.quantity}, {margin}]')
    return "{" + ", ".join(parts) + "}"
