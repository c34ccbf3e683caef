"""The satisfaction-loyalty curve of one's own data (T16): what customers did in the months after they were asked.

Customers are binned by the mean score of their answers before a day; of each bin the curve says what share bought again
in the months from that day on, what share of those not lost by then was not lost at the end either, and how revenue a
day grew against as many months before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from math import sqrt

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, ZERO

Z_95 = 1.959964  # of the normal distribution: an interval of 95 %


@dataclass(frozen=True, slots=True)
class AskedCustomer:
    """A customer that answered, and what it did afterwards. `was_lost`, `is_lost`: when the months that follow began
    and at their end; None: it had not ordered by then."""

    score: Decimal
    came_back: bool
    was_lost: bool | None
    is_lost: bool | None
    revenue_before: Decimal
    revenue_after: Decimal


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The customers whose mean score lies from `lowest` to just below `highest`. A rate is None where nobody counts."""

    lowest: Decimal
    highest: Decimal
    customers: int
    came_back: int
    come_back_rate: Decimal | None
    interval: tuple[Decimal, Decimal]  # of the come-back rate: 95 %, Wilson (1927)
    not_lost_before: int
    retained: int
    retention_rate: Decimal | None
    revenue_before: Decimal
    revenue_after: Decimal
    growth: Decimal | None  # of revenue a day: 0.1 is a tenth more


def curve_of(
    customers: Iterable[AskedCustomer], width: Decimal, days_before: Decimal, days_after: Decimal
) -> list[CurvePoint]:
    """The points of the curve in the order of scores, a bin of the given width each; bins without customers are left
    out. `days_before`, `days_after`: how long the months lasted that revenue is counted over."""
    bins: dict[Decimal, list[AskedCustomer]] = {}
    for customer in customers:
        bins.setdefault((customer.score / width).to_integral_value(ROUND_FLOOR), []).append(customer)
    return [_point(number * width, width, bins[number], days_before, days_after) for number in sorted(bins)]


def _point(
    lowest: Decimal, width: Decimal, customers: Sequence[AskedCustomer], days_before: Decimal, days_after: Decimal
) -> CurvePoint:
    came_back = sum(customer.came_back for customer in customers)
    not_lost = [customer for customer in customers if customer.was_lost is False]
    retained = sum(customer.is_lost is False for customer in not_lost)
    before = sum((customer.revenue_before for customer in customers), ZERO)
    after = sum((customer.revenue_after for customer in customers), ZERO)
    growth = None if before <= 0 else ((after / days_after) / (before / days_before) - 1).quantize(FOUR_PLACES)
    return CurvePoint(
        lowest, lowest + width, len(customers), came_back, _rate(came_back, len(customers)),
        wilson_interval(came_back, len(customers)), len(not_lost), retained, _rate(retained, len(not_lost)),
        before, after, growth,
    )  # fmt: skip


def _rate(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(FOUR_PLACES) if whole else None


def wilson_interval(part: int, whole: int) -> tuple[Decimal, Decimal]:
    """The 95 % interval of a share, `whole` above 0 (E. B. Wilson, JASA 22, 1927)."""
    share, z = part / whole, Z_95
    centre = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    spread = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    low, high = max(0.0, centre - spread), min(1.0, centre + spread)
    return Decimal(low).quantize(FOUR_PLACES), Decimal(high).quantize(FOUR_PLACES)
