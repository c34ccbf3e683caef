"""What an assessment looks at (T15): each measure with the base it is held against and the facts behind it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import spelled
from services.tiering_svc.core.domain.numbers import FOUR_PLACES, ZERO

HOUR = timedelta(hours=1)
MOST_FACTS = 100  # so many are kept with an assessment; how many there are is kept too
Fact = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` is what rules look at (None: not known). `figure` and `base` are what it was made of: revenue and that of
    the base month; how many, and of how many."""

    value: Decimal | None
    figure: Decimal | None = None
    base: Decimal | None = None
    base_month: date | None = None
    facts: tuple[Fact, ...] = ()
    facts_in_all: int = 0

    def as_data(self) -> dict[str, Any]:
        """As it is kept with an assessment: decimals in text, the month like 2025-03."""
        return {
            "value": _as_text(self.value),
            "figure": _as_text(self.figure),
            "base": _as_text(self.base),
            "base_month": None if self.base_month is None else spelled(self.base_month),
            "facts": [dict(fact) for fact in self.facts],
            "facts_in_all": self.facts_in_all,
        }


def _as_text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def count_of(facts: Sequence[Fact], among: int, value: Decimal | None = None) -> Measure:
    """How many facts there are (or another `value` of them), among so many."""
    figure = Decimal(len(facts)) if value is None else value
    return Measure(figure, figure, Decimal(among), None, tuple(facts[:MOST_FACTS]), len(facts))


class MonthsRevenue(NamedTuple):
    """A customer's revenue in the month that is assessed, and in the base month."""

    customer_id: UUID
    revenue: Decimal
    base: Decimal


def change_of(customers: Iterable[MonthsRevenue], base_month: date | None) -> Measure:
    """Revenue against that of the base month: -0.2 is a fifth less. Not known without a base month before the one that
    is assessed, or without revenue above 0 in it. The facts: whose changed most comes first."""
    bought = [customer for customer in customers if customer.revenue or customer.base]
    revenue = sum((customer.revenue for customer in bought), ZERO)
    base = None if base_month is None else sum((customer.base for customer in bought), ZERO)
    value = None if base is None or base <= 0 else (revenue / base - 1).quantize(FOUR_PLACES)
    bought.sort(key=lambda customer: (-abs(customer.revenue - customer.base), customer.customer_id))
    facts = tuple(
        {"customer_id": str(customer_id), "figure": format(now, "f"), "base": format(before, "f")}
        for customer_id, now, before in bought[:MOST_FACTS]
    )
    return Measure(value, revenue, base, base_month, facts, len(bought))


class DueSubmission(NamedTuple):
    """Something that was to be handed in: what, until when, and when it came (None: not by then)."""

    submission_id: UUID
    topic: str
    due_at: datetime
    received_at: datetime | None
    wrong: bool

    def hours_late(self, as_of: datetime) -> int:
        """The hours begun between the due time and its coming, or `as_of` where it had not come by then."""
        until = as_of if self.received_at is None else min(self.received_at, as_of)
        return max(0, -((self.due_at - until) // HOUR))


def submission_measures(submissions: Sequence[DueSubmission], as_of: datetime) -> dict[str, Measure]:
    """How many of what was due came late, by how many hours together, and how many were wrong."""
    hours = {submission: submission.hours_late(as_of) for submission in submissions}
    late = [
        {"submission_id": str(submission.submission_id), "topic": submission.topic, "hours": str(hours[submission])}
        for submission in submissions
        if hours[submission]
    ]
    wrong = [
        {"submission_id": str(submission.submission_id), "topic": submission.topic}
        for submission in submissions
        if submission.wrong
    ]
    return {
        "late_submissions": count_of(late, len(submissions)),
        "late_submission_hours": count_of(late, len(submissions), Decimal(sum(hours.values()))),
        "wrong_submissions": count_of(wrong, len(submissions)),
    }


class CheckFinding(NamedTuple):
    """What a spot check of a customer's file or equipment found: `passed`, `wrong` or `not_recorded`."""

    check_id: UUID
    customer_id: UUID
    about: str
    finding: str


def check_measures(checks: Sequence[CheckFinding]) -> dict[str, Measure]:
    """How many spot checks found equipment that is not recorded or recorded wrongly, and files that are wrong."""
    findings = {
        "equipment_not_recorded": ("equipment", "not_recorded"),
        "equipment_wrong": ("equipment", "wrong"),
        "wrong_files": ("file", "wrong"),
    }
    return {
        measure: count_of(
            [
                {"check_id": str(check.check_id), "customer_id": str(check.customer_id)}
                for check in checks
                if (check.about, check.finding) == (about, finding)
            ],
            sum(check.about == about for check in checks),
        )
        for measure, (about, finding) in findings.items()
    }


def whole_steps(beyond: Decimal, step: Decimal) -> Decimal:
    """How many whole steps lie in an amount above 0."""
    return (beyond / step).to_integral_value(ROUND_FLOOR)
