"""A customer as early warnings and stages see it (T11, T12): its series of months as of an instant.

A month is written as its first day, in the business time zone. Its sums hold what is left of the orders placed in it
after returns and cancellations. The month of `as_of` is there as far as it had come.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.monitoring.domain.likelihood.value import Likelihood

CASES, INDEX = "cases", "index"
SCORES = (CASES, INDEX)  # 1 to 5 when a case is closed; experience less expectation of a questionnaire (T16)


class MonthSums(NamedTuple):
    """What is left of the orders of one month; there is no entry for a month without any."""

    orders: int
    amount: Decimal
    first_at: datetime
    last_at: datetime


class Scores(NamedTuple):
    """The scores of one month: how many answers, and their sum."""

    answers: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is owed of receivables issued by then, and what of it is past its due day."""

    outstanding: Decimal
    overdue: Decimal
    oldest_due_on: date | None  # of what is overdue


class Margin(NamedTuple):
    """What the full months of a window earned, and the revenue of the orders whose costs are known."""

    earned: Decimal
    known_of: Decimal


@dataclass(frozen=True, slots=True)
class MonthlySeries:
    """What is known of one customer as of an instant, by month. `arrears` is None where nothing was ever billed,
    `first_order_at` and `first_month` where nothing was ever ordered."""

    as_of: datetime
    today: date  # the day of `as_of` where the business is
    this_month: date
    months: Mapping[date, MonthSums]
    first_order_at: datetime | None = None
    first_month: date | None = None
    complaints: Mapping[date, int] = field(default_factory=dict)
    scores: Mapping[str, Mapping[date, Scores]] = field(default_factory=dict)
    arrears: Arrears | None = None
    margin: Margin | None = None  # not known, or not loaded
    returned: Mapping[date, Decimal] = field(default_factory=dict)  # what came back, by the month in which it came
    likelihood: Likelihood | None = None  # of a loss; not known, or not asked for

    def orders(self, month: date) -> int:
        """How many orders of a month are left after returns."""
        sums = self.months.get(month)
        return 0 if sums is None else sums.orders

    def amount(self, month: date) -> Decimal:
        """A month's revenue; 0 without orders."""
        sums = self.months.get(month)
        return ZERO if sums is None else sums.amount

    def amount_of(self, window: "Window") -> Decimal:
        """The revenue of the months of a window together."""
        first, last = window.first, window.last
        return sum((sums.amount for month, sums in self.months.items() if first <= month <= last), ZERO)

    def known_since(self, month: date) -> bool:
        """Whether the customer ordered before this month began, so that the whole month says something of it."""
        return self.first_month is not None and self.first_month < month


def together(members: Sequence[MonthlySeries]) -> MonthlySeries:
    """The series of customers who are one (P12), of one instant; the first one is the root."""
    months: dict[date, MonthSums] = {}
    complaints: Counter[date] = Counter()
    returned: dict[date, Decimal] = {}
    scores: dict[str, dict[date, Scores]] = {}
    for member in members:
        for month, sums in member.months.items():
            known = months.get(month)
            months[month] = sums if known is None else MonthSums(
                known.orders + sums.orders, known.amount + sums.amount,
                min(known.first_at, sums.first_at), max(known.last_at, sums.last_at),
            )  # fmt: skip
        complaints.update(member.complaints)
        for month, amount in member.returned.items():
            returned[month] = returned.get(month, ZERO) + amount
        for measure, by_month in member.scores.items():
            of_measure = scores.setdefault(measure, {})
            for month, score in by_month.items():
                before = of_measure.get(month, Scores(0, ZERO))
                of_measure[month] = Scores(before.answers + score.answers, before.total + score.total)
    arrears = [member.arrears for member in members if member.arrears is not None]
    margins = [member.margin for member in members if member.margin is not None]
    due = [owed.oldest_due_on for owed in arrears if owed.oldest_due_on is not None]
    firsts = [member.first_order_at for member in members if member.first_order_at is not None]
    first_months = [member.first_month for member in members if member.first_month is not None]
    return replace(
        members[0], months=months, complaints=dict(complaints), returned=returned, scores=scores,
        first_order_at=min(firsts, default=None), first_month=min(first_months, default=None),
        arrears=Arrears(
            sum((owed.outstanding for owed in arrears), ZERO), sum((owed.overdue for owed in arrears), ZERO),
            min(due, default=None),
        ) if arrears else None,
        margin=Margin(sum((m.earned for m in margins), ZERO), sum((m.known_of for m in margins), ZERO))
        if margins else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """Whole calendar months, `first` and `last` included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return iter(self.months)

    @property
    def months(self) -> tuple[date, ...]:
        """Its months, as their first days."""
        return months_between(self.first, self.last)

    @property
    def days(self) -> int:
        """How many days its months have together."""
        return days_between(self.first, self.last)


# A sweep asks for the same windows for every customer, so they are kept.
@lru_cache(maxsize=1024)
def months_between(first: date, last: date) -> tuple[date, ...]:
    """The months from `first` to `last`, both included."""
    months = []
    while first <= last:
        months.append(first)
        first = shift(first, 1)
    return tuple(months)


@lru_cache(maxsize=1024)
def days_between(first: date, last: date) -> int:
    """How many days the months from `first` to `last` have, both included."""
    return (shift(last, 1) - first).days


@lru_cache(maxsize=1024)
def full_months(this_month: date, recent: int, before: int) -> tuple[Window, Window]:
    """The last `recent` full months before `this_month`, and the `before` months before those."""
    middle = shift(this_month, -recent)
    return Window(middle, shift(this_month, -1)), Window(shift(middle, -before), shift(middle, -1))
