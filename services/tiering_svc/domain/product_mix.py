"""What customers buy by category (T14): kept with each order, less what was taken back, added up when asked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.events import LineTakenBack, OrderLine

ZERO = Decimal(0)


@dataclass(slots=True)
class Bought:
    """What was bought of one category. `margin` None: some cost is not known."""

    amount: Decimal = ZERO
    quantity: int = 0
    margin: Decimal | None = ZERO

    def add(self, amount: Decimal, quantity: int, margin: Decimal | None) -> None:
        self.amount += amount
        self.quantity += quantity
        self.margin = None if self.margin is None or margin is None else self.margin + margin


Mix = Mapping[str, Bought]


def mix_as_text(lines: Iterable[OrderLine | LineTakenBack]) -> str:
    """An order's lines by category, as its fact keeps them: {category: [amount, quantity, margin]}."""
    mix: dict[str, Bought] = {}
    for line in lines:
        bought = mix.get(line.category)
        if bought is None:
            bought = mix[line.category] = Bought()
        cost = line.unit_cost
        bought.add(line.amount, line.quantity, None if cost is None else line.amount - cost * line.quantity)
    return json.dumps(
        {
            category: (str(one.amount), one.quantity, None if one.margin is None else str(one.margin))
            for category, one in mix.items()
        },
        ensure_ascii=False,
    )
