"""Who stays and who is lost (T13): the rule that says when a customer is lost, and the rates of a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, number
from shared.errors import invalid

MOST_CYCLES = Decimal(100)
MOST_DAYS = 3660
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LostRule:
    """Lost: silent for longer than so many of its own order cycles, and at least for so many days."""

    cycles: Decimal
    least_days: int


def read_retention_rules(document: Mapping[str, Any], pointer: str = "") -> LostRule:
    """The rule of a document whose shape is checked. What the shape cannot say is refused with 422 `out_of_range` or
    `not_a_number` at its field below `pointer`."""
    lost = document["lost"]
    cycles = number(lost["cycles"], f"{pointer}/lost/cycles")
    if not 0 <= cycles <= MOST_CYCLES:
        raise invalid("out_of_range", f"Between 0 and {MOST_CYCLES} cycles.", pointer=f"{pointer}/lost/cycles")
    days = lost["least_days"]
    if not 1 <= days <= MOST_DAYS:
        raise invalid("out_of_range", f"Between 1 and {MOST_DAYS} days.", pointer=f"{pointer}/lost/least_days")
    return LostRule(cycles, days)


@dataclass(frozen=True, slots=True)
class Movement:
    """A period's customers: active in the one before (`base`), of these still active, new, and back after a pause."""

    base: int
    retained: int
    new: int
    back: int

    @property
    def churned(self) -> int:
        """Active in the period before, and not in this one."""
        return self.base - self.retained

    @property
    def retention_rate(self) -> Decimal | None:
        """0 to 1; not known where nobody was there to stay."""
        return share(self.retained, self.base)

    @property
    def churn_rate(self) -> Decimal | None:
        """0 to 1; not known where nobody was there to stay."""
        return share(self.churned, self.base)


def share(part: int, whole: int) -> Decimal | None:
    """0 to 1 with four decimals; None of nothing."""
    return (Decimal(part) / Decimal(whole)).quantize(FOUR_PLACES) if whole else None


def cost_per_customer(spent: Decimal | None, customers: int) -> Decimal | None:
    """What one customer cost; not known where no cost was reported, or nobody was won or kept for it."""
    return None if spent is None or not customers else (spent / customers).quantize(CENT)


def win_to_keep(cost_to_win: Decimal | None, cost_to_keep: Decimal | None) -> Decimal | None:
    """How many times as dear it is to win a customer as to keep one."""
    return None if cost_to_win is None or not cost_to_keep else (cost_to_win / cost_to_keep).quantize(CENT)
