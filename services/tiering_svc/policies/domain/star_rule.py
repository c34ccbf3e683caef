"""Stars (T6): so many full months in a row, each of them over a threshold of money.

The month of the day that is looked at is not over yet and does not count. What stars are graded by is the weakest of
the full months, so one threshold is compared for all of them; a month without an order counts as nothing.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.policies.domain.document_fields import Document
from shared.errors import invalid

INDICATOR = "amount"  # the only one that is kept by month


def full_months(month: date, count: int) -> list[date]:
    """The `count` months before a month, oldest first."""
    return [shift(month, -back) for back in range(count, 0, -1)]


def weakest_month(monthly: Mapping[date, Decimal], month: date, count: int) -> Decimal:
    """The least amount of the `count` full months before `month`; `monthly` has amounts by month, as far as there
    are."""
    return min(monthly.get(full, ZERO) for full in full_months(month, count))


def months_short(
    monthly: Mapping[date, Decimal], month: date, count: int, threshold: Decimal
) -> list[tuple[date, Decimal]]:
    """Those of the `count` full months before `month` that are not over a threshold, with their amounts."""
    amounts = ((full, monthly.get(full, ZERO)) for full in full_months(month, count))
    return [(full, amount) for full, amount in amounts if not has_reached(amount, threshold)]


def earliest_month(monthly: Mapping[date, Decimal], month: date, count: int, threshold: Decimal) -> date:
    """The first month in which a threshold can have been passed in `count` full months in a row: those right before
    `month` that did count, and each to come, `month` itself included, has to."""
    in_a_row = 0
    for full in reversed(full_months(month, count)):
        if not has_reached(monthly.get(full, ZERO), threshold):
            break
        in_a_row += 1
    return shift(month, count - in_a_row)


def has_reached(weakest: Decimal | int, threshold: Decimal) -> bool:
    """Over it, not just at it: where bands of other policies include their beginning, stars do not."""
    return weakest > threshold


def read_full_months(document: Document, pointer: str) -> int:
    """How many full months a star policy's document asks for (`/star/months`); fewer than one are refused."""
    months: int = document["star"]["months"]
    if months < 1:
        raise invalid("no_months", "A star needs at least one month.", pointer=f"{pointer}/star/months")
    return months


def require_amount(indicator: str, pointer: str) -> None:
    """Refuse a star policy by any other indicator than the amount."""
    if indicator != INDICATOR:
        raise invalid("unknown_indicator", "Stars are given by the amount.", pointer=f"{pointer}/indicator")
