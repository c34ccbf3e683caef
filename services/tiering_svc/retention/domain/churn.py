"""Who stays and who is lost (T11, T13): the rules that say when a customer is lost or dormant; the rates of a period.

limit   = max(cycles * own order cycle, days)        own cycle: days from first to last order / (orders - 1)
lost_at = last order + limit                         with one order there is no cycle: the days alone count
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, number
from shared.errors import invalid

MOST_CYCLES = Decimal(100)
MOST_DAYS = 3660
CENT = Decimal("0.01")
MICROSECOND = timedelta(microseconds=1)
MICROSECONDS_OF_A_DAY = timedelta(days=1) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a customer may be silent: for so many days, and for so many of its own order cycles."""

    days: int
    cycles: Decimal


@dataclass(frozen=True, slots=True)
class ChurnRules:
    """From which silence on a customer is dormant, and from which on it is lost."""

    dormant: Silence
    lost: Silence


@dataclass(frozen=True, slots=True)
class OrderRhythm:
    """How many orders of which something is left a customer placed (one or more), and when the first and the last."""

    orders: int
    first_at: datetime
    last_at: datetime

    @property
    def cycle_days(self) -> Decimal | None:
        """The mean days between its orders; None with one order."""
        if self.orders < 2:
            return None
        span = Decimal((self.last_at - self.first_at) // MICROSECOND)
        return span / MICROSECONDS_OF_A_DAY / (self.orders - 1)

    def is_silent(self, silence: Silence, as_of: datetime) -> bool:
        """Whether it has been silent for so long by an instant that is not before its last order."""
        days = Decimal((as_of - self.last_at) // MICROSECOND) / MICROSECONDS_OF_A_DAY
        cycle = self.cycle_days
        return days >= silence.days and (cycle is None or days >= cycle * silence.cycles)


def read_churn_rules(document: Mapping[str, Any], pointer: str = "") -> ChurnRules:
    """The rules of a document whose shape is checked. What the shape cannot say is refused with 422 at its field below
    `pointer`: `out_of_range`, `not_a_number`, `lost_before_dormant`."""
    dormant, lost = (_read_silence(document[name], f"{pointer}/{name}") for name in ("dormant", "lost"))
    if lost.days < dormant.days or lost.cycles < dormant.cycles:
        field = "days" if lost.days < dormant.days else "cycles"
        raise invalid("lost_before_dormant", "Lost begins after dormant.", pointer=f"{pointer}/lost/{field}")
    return ChurnRules(dormant, lost)


def _read_silence(document: Mapping[str, Any], pointer: str) -> Silence:
    cycles = number(document["cycles"], f"{pointer}/cycles")
    if not 0 <= cycles <= MOST_CYCLES:
        raise invalid("out_of_range", f"Between 0 and {MOST_CYCLES} cycles.", pointer=f"{pointer}/cycles")
    days = document["days"]
    if not 1 <= days <= MOST_DAYS:
        raise invalid("out_of_range", f"Between 1 and {MOST_DAYS} days.", pointer=f"{pointer}/days")
    return Silence(days, cycles)


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
